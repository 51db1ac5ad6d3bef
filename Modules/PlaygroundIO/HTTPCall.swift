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

    var method: HTTPRequest.Method { head.method }

    /// What a field says; of several with the same name all that they say, as a list.
    func field(_ name: String) -> String? {
        let headers = head.headers
        guard let first = headers.first(name: name) else { return nil }
        // Most fields come once, and many not at all.
        guard headers.count(where: { $0.name.utf8.count == name.utf8.count }) > 1 else { return first }
        return headers[name].joined(separator: ", ")
    }
}
