import Gateway
import NIOCore

/// Reading requests.
///
/// The first byte chooses how many bytes a head may have. The rest is what a client sends.
enum RequestTarget {
    private static let headLimits = [32, 128, 1024, 16_384]
    private static let statuses: Set = [400, 405, 411, 415, 417, 431, 501, 505]

    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        guard let choice = bytes.first else { return }
        let sent = Array(bytes.dropFirst())
        let limit = headLimits[Int(choice & 3)]
        let whole = outcome(of: sent, limit) { $0 }
        try checkSound(whole, of: sent.count)
        let bytewise = outcome(of: sent, limit) { _ in 1 }
        try check(bytewise == whole, "byte by byte it is \(bytewise), at once \(whole)")
        var random = FNV1a(bytes)
        let inPieces = outcome(of: sent, limit) { left in min(left, 1 + Int(random.next() % 64)) }
        try check(inPieces == whole, "in pieces it is \(inPieces), at once \(whole)")
        let apart = outcome(of: sent, limit, byReaderEach: true) { $0 }
        try check(apart == whole, "by a reader for each request it is \(apart), by one for all \(whole)")
        try checkSaidAgain(whole, limit)
    }

    private struct Outcome: Equatable {
        var requests: [Request] = []
        /// The head of a request whose body has not come whole.
        var unfinished: RequestHead?
        var refusal: GatewayRefusal?
    }

    private struct Request: Equatable {
        let head: RequestHead?
        let body: ByteBuffer
    }

    /// Feeds in what a client sends.
    /// - Parameters:
    ///   - isEach: whether each request is read by a reader that has read none before.
    ///   - nextLength: how long the next piece is, given how many bytes are left.
    private static func outcome(
        of sent: [UInt8],
        _ headLimit: Int,
        byReaderEach isEach: Bool = false,
        _ nextLength: (Int) -> Int
    ) -> Outcome {
        var reader = RequestReader(headLimit: headLimit)
        var outcome = Outcome()
        var left = sent[...]
        do throws(GatewayRefusal) {
            while !left.isEmpty {
                let length = nextLength(left.count)
                var piece = ByteBuffer(bytes: left.prefix(length))
                left = left.dropFirst(length)
                reader.append(&piece)
                reading: while true {
                    switch try reader.next() {
                    case .incomplete: break reading
                    case .head(let head): outcome.unfinished = head
                    case .body(let body):
                        outcome.requests.append(Request(head: outcome.unfinished, body: body))
                        outcome.unfinished = nil
                        guard isEach else { continue }
                        var unread = ByteBuffer(bytes: sent[..<left.startIndex].suffix(reader.unreadBytes))
                        reader = RequestReader(headLimit: headLimit)
                        reader.append(&unread)
                    }
                }
            }
        } catch {
            outcome.refusal = error
        }
        return outcome
    }

    private static func checkSound(_ outcome: Outcome, of count: Int) throws(BrokenInvariant) {
        for request in outcome.requests {
            guard let head = request.head else { throw BrokenInvariant("a body comes behind a head") }
            try check(request.body.readableBytes == head.length, "a body has the \(head.length) bytes that were promised")
        }
        let bodies = outcome.requests.reduce(0) { $0 + $1.body.readableBytes }
        try check(bodies <= count, "\(bodies) bytes of bodies are within \(count)")
        try check((outcome.unfinished?.length ?? 0) >= 0, "no length is negative")
        guard let refusal = outcome.refusal else { return }
        try check(outcome.unfinished == nil, "no body is refused while it comes")
        try check(statuses.contains(refusal.status), "\(refusal.status) is a status for what is no request")
        try check(refusal.isLast, "nothing is read behind what was refused")
        try checkHoldsNoControls(refusal.message, "a refusal")
    }

    /// What was taken for requests, and nothing else of them, makes the same requests: nothing was hidden in them.
    private static func checkSaidAgain(_ outcome: Outcome, _ limit: Int) throws(BrokenInvariant) {
        var sent: [UInt8] = []
        for request in outcome.requests {
            guard let head = request.head else { continue }
            let fields = [
                "POST / HTTP/1.1", "host: a", "content-length: \(head.length)",
                head.keepsAlive ? "" : "connection: close", head.expectsContinue ? "expect: 100-continue" : "",
            ]
            sent += fields.filter { !$0.isEmpty }.map { $0 + "\r\n" }.joined().utf8
            sent += "\r\n".utf8
            sent += request.body.readableBytesView
        }
        let again = self.outcome(of: sent, max(limit, 1024)) { $0 }
        try check(again.requests == outcome.requests && again.refusal == nil, "requests said again are the same, not \(again)")
    }
}
