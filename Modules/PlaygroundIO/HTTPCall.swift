internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A whole request.
struct HTTPCall: Sendable {
    let head: RequestHead
    /// Path and query as they were sent.
    let target: String
    let body: ByteBuffer
    /// What tells whether the client still waits for the answer.
    let presence: ClientPresence

    /// - Parameter target: as it was sent.
    init(head: RequestHead, target: String, body: ByteBuffer, presence: ClientPresence) {
        self.head = head
        self.target = target.utf8.first == UInt8(ascii: "/") ? target : Self.originForm(of: target)
        self.body = body
        self.presence = presence
    }

    /// What clients send to a proxy names scheme and authority as well, and every server takes it (RFC 9112, section 3.2.2).
    private static func originForm(of target: String) -> String {
        guard let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) }) else { return target }
        let rest = target.utf8.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        return (rest.first == UInt8(ascii: "/") ? "" : "/") + String(Substring(rest))
    }

    var method: HTTPRequest.Method { head.method }
}
