internal import TransportCore

/// Why bytes are not a response that can be trusted.
///
/// Every fault closes the connection: after it nobody knows where the next response would begin.
struct ResponseFault: Error, Equatable {
    let kind: RequestReplyFailure.Kind
    let message: String

    init(_ message: String, kind: RequestReplyFailure.Kind = .malformedResponse) {
        self.kind = kind
        self.message = message
    }

    var failure: RequestReplyFailure { RequestReplyFailure(kind, message) }
}
