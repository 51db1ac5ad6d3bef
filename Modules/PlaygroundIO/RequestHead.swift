internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import TransportCore

/// What a request says besides its target and how long its body is. An object, since all requests of a connection that say the same
/// share it.
final class RequestHead: Sendable {
    let method: HTTPRequest.Method
    /// All fields. A request that says the same again shares them, `Content-Length` as it was included.
    let headers: HTTPHeaders
    /// Whether the client sends no other request, or none that could be read: the codec stops where a client asks for another
    /// protocol. A client of HTTP/1.0 reads until the connection ends.
    let isLast: Bool
    /// Whether the client waits to be told to send the body (RFC 9110, section 10.1.1).
    let expectsContinue: Bool
    /// What names the message that is sent, so that it is accepted once.
    let idempotencyKey: String?
    /// What the body is to be taken for where it is a value.
    let valueForm: IngressValue.Form

    /// - Returns: `nil` where the method is no word.
    init?(_ head: HTTPRequestHead) {
        guard let method = HTTPRequest.Method(head.method.rawValue) else { return nil }
        self.method = method
        headers = head.headers
        isLast = Self.isLast(head)
        expectsContinue = Self.field("Expect", of: headers)?.lowercased() == "100-continue"
        idempotencyKey = Self.field(IdempotencyKey.field, of: headers)
        valueForm = IngressValue.Form(contentType: Self.field("Content-Type", of: headers))
    }

    /// Whether the body is coded in a way that nothing here decodes (RFC 9112, section 6.1).
    var hasUnknownCoding: Bool {
        headers.contains(name: "Transfer-Encoding")
            && !headers[canonicalForm: "Transfer-Encoding"].elementsEqual(["chunked"]) { $0.lowercased() == $1 }
    }

    /// What a field says, without the white space around it (RFC 9110, section 5.5); of several with the same name all that they say,
    /// as a list.
    private static func field(_ name: String, of headers: HTTPHeaders) -> String? {
        guard headers.contains(name: name) else { return nil }
        return headers[name].map { $0.trimmingSpaces() }.joined(separator: ", ")
    }

    private static func isLast(_ head: HTTPRequestHead) -> Bool {
        if head.version != .http1_1 || head.headers.contains(name: "Upgrade") { return true }
        guard head.headers.contains(name: "Connection") else { return false }
        return head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "close" }
    }
}
