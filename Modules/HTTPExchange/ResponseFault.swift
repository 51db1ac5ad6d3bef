package import TransportCore

/// Why bytes are not a response that can be trusted.
///
/// Every fault closes the connection: after it nobody knows where the next response would begin.
package struct ResponseFault: Error, Equatable {
    package let kind: RequestReplyFailure.Kind
    let text: FailureText
    /// Whether the bytes are no response at all, so that they may not belong to this exchange either.
    let isNoResponse: Bool

    init(_ text: FailureText, kind: RequestReplyFailure.Kind = .malformedResponse, isNoResponse: Bool = false) {
        self.kind = kind
        self.text = text
        self.isNoResponse = isNoResponse
    }

    package var message: String { text.full }

    var failure: RequestReplyFailure { RequestReplyFailure(kind, text: text) }
}
