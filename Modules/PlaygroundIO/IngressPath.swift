internal import HTTPTypes
internal import RuntimeCore

/// The path that messages for a function are sent to: `/{namespace}/{function type}/{id}`.
enum IngressPath {
    /// Reads the target of a request. A query is left out.
    /// - Throws: ``HTTPRefusal`` where it is no such path.
    static func parse(_ target: String) throws(HTTPRefusal) -> RuntimeAddress {
        let path = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty else {
            throw notFound("this path has \(count(parts)) of the three parts that name a function")
        }
        var texts: [String] = []
        for part in parts.dropFirst() {
            guard let text = PercentEncoding.decode(part) else {
                throw HTTPRefusal(
                    .badRequest,
                    "the path is not percent-encoded UTF-8; write % and two hexadecimal digits, such as %2F for a slash"
                )
            }
            texts.append(text)
        }
        for (name, text) in zip(["namespace", "function type"], texts) {
            guard !text.isEmpty else { throw notFound("the \(name) is empty") }
            guard !text.utf8.contains(UInt8(ascii: "/")) else { throw notFound("a \(name) holds no slash") }
        }
        return RuntimeAddress(functionType: "\(texts[0])/\(texts[1])", id: texts[2])
    }

    private static func count(_ parts: [Substring.UTF8View.SubSequence]) -> Int {
        max(0, parts.first?.isEmpty == true ? parts.count - 1 : parts.count)
    }

    private static func notFound(_ message: String) -> HTTPRefusal {
        HTTPRefusal(.notFound, "\(message); write /{namespace}/{function type}/{id}, such as /example/person/Bob")
    }
}
