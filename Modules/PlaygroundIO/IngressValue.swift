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
    /// What a `Content-Type` says that a body is. Requests that share a head share what was read of it.
    enum Form: Equatable, Sendable {
        /// A value of a built-in type, as text.
        case written(typename: String)
        /// The bytes of a value.
        case encoded(typename: String)
        /// This names no type.
        case nameless(String)

        init(contentType: String?) {
            guard let contentType, let (typename, isTypename) = IngressValue.typename(in: contentType) else {
                self = .written(typename: "\(builtInPrefix)string")
                return
            }
            if !isTypename {
                self = .nameless(contentType)
            } else if typename.hasPrefix(builtInPrefix) {
                self = .written(typename: typename)
            } else {
                self = .encoded(typename: typename)
            }
        }
    }

    let typename: String
    let value: IngressMessage.Value

    /// What typenames of values begin with that are written as text.
    private static let builtInPrefix = "io.statefun.types/"
    private static let typedPrefix = Array("application/vnd.".utf8)

    /// - Throws: ``HTTPRefusal`` where the body is no such value, and where the field names no type.
    init(_ form: Form, body: [UInt8]) throws(HTTPRefusal) {
        switch form {
        case .written(let typename):
            self.init(typename: typename, value: .written(try Self.text(body)))
        case .encoded(let typename):
            self.init(typename: typename, value: .encoded(body))
        case .nameless(let contentType):
            throw HTTPRefusal(
                .badRequest,
                "the Content-Type '\(contentType.prefix(200))' names no type; write application/vnd.<namespace>/<name>, such as application/vnd.example/GreetRequest"
            )
        }
    }

    private init(typename: String, value: IngressMessage.Value) {
        self.typename = typename
        self.value = value
    }

    /// What stands between the prefix and the parameters, and whether it is the name of a type; `nil` where another prefix stands there.
    private static func typename(in contentType: String) -> (String, isTypename: Bool)? {
        var contentType = contentType
        return contentType.withUTF8 { field in
            guard field.count >= typedPrefix.count else { return nil }
            // Names of media types are the same in whatever case their letters are.
            for index in typedPrefix.indices where field[index] != typedPrefix[index] {
                guard (0x41...0x5A).contains(field[index]), field[index] | 0x20 == typedPrefix[index] else { return nil }
            }
            var name = UnsafeBufferPointer(rebasing: field[typedPrefix.count...].prefix { $0 != UInt8(ascii: ";") })
            while let last = name.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
                name = UnsafeBufferPointer(rebasing: name.dropLast())
            }
            return (String(decoding: name, as: UTF8.self), isTypename(name))
        }
    }

    /// Whether the text is two names with a slash between them, and holds nothing that a field has a use for.
    private static func isTypename(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        var slashes = 0
        var isASCII = true
        for byte in text {
            guard byte > 0x20, byte != UInt8(ascii: ",") else { return false }
            if byte == slash { slashes += 1 }
            if byte >= 0x7F {
                guard byte != 0x7F else { return false }
                isASCII = false
            }
        }
        guard slashes == 1, text.first != slash, text.last != slash else { return false }
        // Bytes that are not UTF-8 have been replaced by U+FFFD, so that different names may have become the same one.
        return isASCII || !String(decoding: text, as: UTF8.self).unicodeScalars.contains("\u{FFFD}")
    }

    private static func text(_ body: [UInt8]) throws(HTTPRefusal) -> String {
        // Most bodies are ASCII, which takes no generic code to be looked at.
        let isASCII = body.reduce(0, |) < 0x80
        guard let text = isASCII ? String(decoding: body, as: UTF8.self) : String(validating: body, as: UTF8.self) else {
            throw HTTPRefusal(
                .badRequest,
                "the body is not UTF-8 text; name its type in Content-Type, such as application/vnd.example/GreetRequest, to send bytes"
            )
        }
        return text
    }
}
