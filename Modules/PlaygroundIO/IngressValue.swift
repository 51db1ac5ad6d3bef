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
    private static let typedPrefix = Array("application/vnd.".utf8)

    /// - Throws: ``HTTPRefusal`` where the body is no such value, and where the field names no type.
    init(contentType: String?, body: [UInt8]) throws(HTTPRefusal) {
        guard let contentType, let name = Self.typename(in: Array(contentType.utf8)) else {
            self = try Self.written("\(Self.builtInPrefix)string", body)
            return
        }
        guard Self.isTypename(name) else {
            throw HTTPRefusal(
                .badRequest,
                "the Content-Type '\(contentType.prefix(200))' names no type; write application/vnd.<namespace>/<name>, such as application/vnd.example/GreetRequest"
            )
        }
        let written = String(decoding: name, as: UTF8.self)
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
    private static func typename(in field: [UInt8]) -> ArraySlice<UInt8>? {
        guard field.count >= typedPrefix.count else { return nil }
        // Names of media types are the same in whatever case their letters are.
        for (byte, expected) in zip(field, typedPrefix) where byte != expected {
            guard (0x41...0x5A).contains(byte), byte | 0x20 == expected else { return nil }
        }
        let name = field[typedPrefix.count...].prefix { $0 != UInt8(ascii: ";") }
        guard let end = name.lastIndex(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return [] }
        return name[...end]
    }

    /// Whether the text is two names with a slash between them, and holds nothing that a field has a use for.
    private static func isTypename(_ text: ArraySlice<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        var slashes = 0
        for byte in text {
            guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: ",") else { return false }
            if byte == slash { slashes += 1 }
        }
        return slashes == 1 && text.first != slash && text.last != slash
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
