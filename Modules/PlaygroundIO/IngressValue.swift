internal import HTTPTypes
internal import RuntimeCore

/// What a body means, as its `Content-Type` says.
///
/// | `Content-Type` | value |
/// |---|---|
/// | `application/vnd.io.statefun.types/int` and its kind | the one that the body says as text |
/// | `application/vnd.example/GreetRequest` | the body as it is, of type `example/GreetRequest` |
/// | everything else, and none | the body as a string |
struct IngressValue: Equatable {
    let typename: String
    let value: IngressMessage.Value

    /// What typenames of values begin with that are written as text.
    private static let builtInPrefix = "io.statefun.types/"
    private static let typedPrefix = "application/vnd."

    /// - Throws: ``HTTPRefusal`` where the body is no such value, and where the field names no type.
    init(contentType: String?, body: [UInt8]) throws(HTTPRefusal) {
        guard let contentType, let written = Self.typename(in: contentType) else {
            self = try Self.written("\(Self.builtInPrefix)string", body)
            return
        }
        guard Self.isTypename(written) else {
            throw HTTPRefusal(
                .badRequest,
                "the Content-Type '\(contentType.prefix(200))' names no type; write application/vnd.<namespace>/<name>, such as application/vnd.example/GreetRequest"
            )
        }
        guard written.hasPrefix(Self.builtInPrefix) else {
            self.init(typename: written, value: .encoded(body))
            return
        }
        self = try Self.written(written, body)
    }

    private init(typename: String, value: IngressMessage.Value) {
        self.typename = typename
        self.value = value
    }

    /// What stands between the prefix and the parameters; `nil` where another prefix stands there.
    private static func typename(in contentType: String) -> String? {
        let field = contentType.utf8
        var place = field.startIndex
        for expected in typedPrefix.utf8 {
            // Names of media types are the same in whatever case their letters are.
            guard place < field.endIndex, case let byte = field[place],
                byte == expected || (0x41...0x5A).contains(byte) && byte | 0x20 == expected
            else { return nil }
            field.formIndex(after: &place)
        }
        let name = field[place...].prefix { $0 != UInt8(ascii: ";") }
        let end = name.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.flatMap { String(name[...$0]) } ?? ""
    }

    /// Whether the text is two names with a slash between them, and holds nothing that a field has a use for.
    private static func isTypename(_ text: String) -> Bool {
        var slashes = 0
        var last: UInt8?
        for byte in text.utf8 {
            guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: ",") else { return false }
            if byte == UInt8(ascii: "/") {
                guard last != nil else { return false }
                slashes += 1
            }
            last = byte
        }
        return slashes == 1 && last != UInt8(ascii: "/")
    }

    private static func written(_ typename: String, _ body: [UInt8]) throws(HTTPRefusal) -> IngressValue {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw HTTPRefusal(
                .badRequest,
                "the body is not UTF-8 text; name its type in Content-Type, such as application/vnd.example/GreetRequest, to send bytes"
            )
        }
        return IngressValue(typename: typename, value: .written(text))
    }
}
