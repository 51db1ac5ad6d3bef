import NIOCore
import Testing
import TransportCore

@testable import Gateway

/// What each kind of failure is to the runtime.
@Suite struct FailureAnswerTests {
    private static let kinds: [(kind: RequestReplyFailure.Kind, status: Int)] = [
        (.nameNotResolved, 502), (.connectFailed, 502), (.handshakeFailed, 502), (.certificateRefused, 502), (.staleConnection, 502),
        (.connectionLost, 502), (.passingStatus, 502), (.transport, 502), (.timedOut, 504), (.budgetSpent, 504), (.poolExhausted, 503),
        (.noRoom, 503),
        (.shutDown, 503), (.cancelled, 503), (.misconfigured, 500), (.requestTooLarge, 413), (.finalStatus, 422), (.redirect, 422),
        (.contentType, 422), (.malformedResponse, 422), (.malformedMessage, 422), (.responseTooLarge, 422), (.protocolBroken, 422),
    ]

    @Test("what a retry can help is a status after which both clients of the runtime try again, and nothing else is", arguments: kinds)
    func statuses(kind: RequestReplyFailure.Kind, status: Int) {
        let refusal = GatewayRefusal(RequestReplyFailure(kind, "it failed"), of: "a/*")
        #expect(refusal.status == status)
        #expect((status == 503) == (refusal.retryAfter != nil))
    }

    @Test("the function's word on when to try again goes through, and never means at once")
    func retryAfter() {
        let failure = RequestReplyFailure(.passingStatus, "it failed", status: 503, retryAfter: .milliseconds(1))
        let refusal = GatewayRefusal(failure, of: "a/*")
        #expect(refusal.status == 503)
        #expect(String(buffer: GatewayAnswer.bytes(of: refusal, isLast: false)).contains("\r\nretry-after: 1\r\n"))
        let now = GatewayRefusal(RequestReplyFailure(.passingStatus, "it failed", retryAfter: .zero), of: "a/*")
        #expect(String(buffer: GatewayAnswer.bytes(of: now, isLast: true)).contains("\r\nretry-after: 1\r\nconnection: close\r\n"))
    }

    @Test("what a function has sent is not passed on in words")
    func words() {
        let failure = RequestReplyFailure(.redirect, text: "the answer is a redirect to \(sent: "http://secret/")")
        #expect(GatewayRefusal(failure, of: "a/*").message == "the call of a/* failed: the answer is a redirect to '…'")
    }
}
