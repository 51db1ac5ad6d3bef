internal import HTTPTypes
internal import RuntimeCore

/// The path that messages for a function are sent to: `/{namespace}/{function type}/{id}`.
enum IngressPath {
    /// Reads the target of a request. A query is left out.
    /// - Throws: ``HTTPRefusal`` where it is no such path.
    static func parse(_ target: String) throws(HTTPRefusal) -> RuntimeAddress {
        if let plain = target.utf8.withContiguousStorageIfAvailable(plainAddress), let plain { return plain }
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard let (namespace, type, id) = parts(of: path) else {
            let slashes = path.count { $0 == slash }
            throw notFound("this path has \(path.first == slash ? slashes : slashes + 1) of the three parts that name a function")
        }
        let namespaceText = try name(namespace, "namespace")
        let typeText = try name(type, "function type")
        return RuntimeAddress(functionType: "\(namespaceText)/\(typeText)", id: try decoded(id))
    }

    /// Nearly every path stands for itself, and so does the part of it that is the function type; `nil` for any other.
    private static func plainAddress(_ target: UnsafeBufferPointer<UInt8>) -> RuntimeAddress? {
        guard target.first == slash else { return nil }
        var (first, second, end) = (0, 0, target.count)
        scan: for index in 1..<target.count {
            switch target[index] {
            case slash where first == 0: first = index
            case slash where second == 0: second = index
            case slash, UInt8(ascii: "%"): return nil
            case UInt8(ascii: "?"):
                end = index
                break scan
            default: break
            }
        }
        guard first > 1, second > first + 1 else { return nil }
        func text(_ part: Range<Int>) -> String { String(decoding: UnsafeBufferPointer(rebasing: target[part]), as: UTF8.self) }
        return RuntimeAddress(functionType: text(1..<second), id: text(second + 1..<end))
    }

    private static let slash = UInt8(ascii: "/")

    /// What stands between the slashes; `nil` where there are not exactly three.
    private static func parts(of path: Substring.UTF8View) -> (Substring.UTF8View, Substring.UTF8View, Substring.UTF8View)? {
        guard path.first == slash else { return nil }
        let names = path.dropFirst()
        guard let first = names.firstIndex(of: slash) else { return nil }
        let rest = names[names.index(after: first)...]
        guard let second = rest.firstIndex(of: slash) else { return nil }
        let id = rest[rest.index(after: second)...]
        return id.contains(slash) ? nil : (names[..<first], rest[..<second], id)
    }

    private static func name(_ part: Substring.UTF8View, _ what: String) throws(HTTPRefusal) -> String {
        let text = try decoded(part)
        guard !text.isEmpty else { throw notFound("the \(what) is empty") }
        guard !text.utf8.contains(slash) else { throw notFound("a \(what) holds no slash") }
        return text
    }

    private static func decoded(_ part: Substring.UTF8View) throws(HTTPRefusal) -> String {
        guard let text = PercentEncoding.decode(part) else {
            throw HTTPRefusal(
                .badRequest,
                "the path is not percent-encoded UTF-8; write % and two hexadecimal digits, such as %2F for a slash"
            )
        }
        return text
    }

    private static func notFound(_ message: String) -> HTTPRefusal {
        HTTPRefusal(.notFound, "\(message); write /{namespace}/{function type}/{id}, such as /example/person/Bob")
    }
}
