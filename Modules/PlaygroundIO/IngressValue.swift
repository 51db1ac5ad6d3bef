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
        guard let slash = written.firstIndex(of: "/"), written.startIndex != slash,
            case let name = written[written.index(after: slash)...], !name.isEmpty, !name.contains("/"),
            written.unicodeScalars.allSatisfy({ $0 > " " && $0 != "\u{7F}" && $0 != "," })
        else {
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
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
        guard let text = String(type), text.lowercased().hasPrefix(typedPrefix) else { return nil }
        let name = text.utf8.dropFirst(typedPrefix.utf8.count)
        let end = name.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.flatMap { String(name[...$0]) } ?? ""
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
