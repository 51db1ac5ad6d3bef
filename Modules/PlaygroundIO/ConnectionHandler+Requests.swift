internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

extension ConnectionHandler {
    /// A request whose turn has not come.
    struct Waiting {
        let head: HTTPRequestHead
        let method: HTTPRequest.Method
        let body: ByteBuffer
    }

    /// A request that is being answered.
    struct Begun {
        let number: Int
        let isHead: Bool
        let isLast: Bool
        let byteCount: Int
        /// Whether the next request may begin before this one is answered.
        var isAlone = true
        /// What there is to be sent, after the answers to earlier requests.
        var answer: HTTPAnswer?
    }

    /// Whether the client sends no other request, or none that could be read: the codec stops where a client asks for another
    /// protocol. A client of HTTP/1.0 reads until the connection ends.
    static func isLast(_ head: HTTPRequestHead) -> Bool {
        if head.version != .http1_1 || head.headers.contains(name: "Upgrade") { return true }
        guard let connection = head.headers.first(name: "Connection") else { return false }
        if connection.utf8.elementsEqual("keep-alive".utf8), head.headers["Connection"].count == 1 { return false }
        return head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "close" }
    }
}
