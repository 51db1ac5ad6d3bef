internal import HTTPTypes

/// What a body means, as its `Content-Type` says.
///
/// | `Content-Type` | value |
/// |---|---|
/// | `application/vnd.io.statefun.types/int` and its kind | the one that the body says as text |
/// | `application/vnd.example/GreetRequest` | the body as it is, of type `example/GreetRequest` |
/// | everything else, and none | the body as a string |
struct IngressValue: Equatable {
    let typename: String
    let bytes: [UInt8]

    private static let typedPrefix = "application/vnd."

    /// - Throws: ``HTTPRefusal`` where the body is no such value, and where the field names no type.
    init(contentType: String?, body: [UInt8]) throws(HTTPRefusal) {
        guard let contentType, let written = Self.typename(in: contentType) else {
            self = try Self.read(.string, body)
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
        guard written[..<slash] == WrittenValue.namespace else {
            typename = written
            bytes = body
            return
        }
        guard let type = WrittenValue(rawValue: String(name)) else {
            throw HTTPRefusal(
                .badRequest,
                "there is no type \(written.prefix(200)); write one of \(WrittenValue.allCases.map(\.typename).joined(separator: ", "))"
            )
        }
        self = try Self.read(type, body)
    }

    private init(typename: String, bytes: [UInt8]) {
        self.typename = typename
        self.bytes = bytes
    }

    /// What stands between the prefix and the parameters; `nil` where another prefix stands there.
    private static func typename(in contentType: String) -> String? {
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
        guard let text = String(type), text.lowercased().hasPrefix(typedPrefix) else { return nil }
        let name = text.utf8.dropFirst(typedPrefix.utf8.count)
        let end = name.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.flatMap { String(name[...$0]) } ?? ""
    }

    private static func read(_ type: WrittenValue, _ body: [UInt8]) throws(HTTPRefusal) -> IngressValue {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw HTTPRefusal(
                .badRequest,
                "the body is not UTF-8 text; name its type in Content-Type, such as application/vnd.example/GreetRequest, to send bytes"
            )
        }
        guard let bytes = type.encode(text) else {
            throw HTTPRefusal(.badRequest, "the body is no value of type \(type.typename); write \(type.allowedText)")
        }
        return IngressValue(typename: type.typename, bytes: bytes)
    }
}
