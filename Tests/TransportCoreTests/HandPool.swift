import NIOConcurrencyHelpers
import NIOCore
import TransportCore

/// A pool that the test works by hand: it sees who asks, and grants or refuses when it likes.
final class HandPool: OriginPool {
    typealias Completion = @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void

    private struct State {
        var asked: [ConnectLimits] = []
        var waiting: [(ticket: LeaseTicket, completion: Completion)] = []
        var cancelled: [LeaseTicket] = []
        var returned: [ObjectIdentifier] = []
        var atOnce: (@Sendable () -> Result<any PooledConnection, RequestReplyFailure>)?
    }

    let loop: any CallLoop
    private let state = NIOLockedValueBox(State())

    init(on loop: any CallLoop) {
        self.loop = loop
    }

    /// Has every lease end before `lease` returns.
    func answerAtOnce(_ answer: @escaping @Sendable () -> Result<any PooledConnection, RequestReplyFailure>) {
        state.withLockedValue { $0.atOnce = answer }
    }

    var asked: [ConnectLimits] { state.withLockedValue { $0.asked } }
    var waitingCount: Int { state.withLockedValue { $0.waiting.count } }
    var cancelledCount: Int { state.withLockedValue { $0.cancelled.count } }
    var returnedCount: Int { state.withLockedValue { $0.returned.count } }

    func hasBack(_ connection: any PooledConnection) -> Bool {
        state.withLockedValue { $0.returned.contains(ObjectIdentifier(connection)) }
    }

    /// Ends the lease that has waited longest, as a pool would: on the loop.
    func end(_ result: Result<any PooledConnection, RequestReplyFailure>) {
        let completion = state.withLockedValue { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst().completion }
        loop.run { completion?(result) }
    }

    func grant(_ connection: HandConnection) { end(.success(connection)) }

    func refuse(_ failure: RequestReplyFailure) { end(.failure(failure)) }

    func lease(_ limits: ConnectLimits, _ completion: @escaping Completion) -> LeaseTicket {
        precondition(loop.isCurrent, "a pool is used on its loop")
        let (ticket, answer) = state.withLockedValue { state in
            state.asked.append(limits)
            let ticket = LeaseTicket(number: UInt64(state.asked.count))
            if state.atOnce == nil {
                state.waiting.append((ticket, completion))
            }
            return (ticket, state.atOnce)
        }
        if let answer {
            completion(answer())
        }
        return ticket
    }

    /// Keeps the completion, as if the grant were on its way already.
    func cancelLease(_ ticket: LeaseTicket) {
        precondition(loop.isCurrent, "a pool is used on its loop")
        state.withLockedValue { $0.cancelled.append(ticket) }
    }

    func giveBack(_ connection: any PooledConnection) {
        precondition(loop.isCurrent, "a pool is used on its loop")
        state.withLockedValue { $0.returned.append(ObjectIdentifier(connection)) }
    }
}

/// A connection that the test works by hand.
final class HandConnection: PooledConnection {
    typealias Completion = @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void

    /// What was sent.
    struct Sent {
        let head: String
        let body: ByteBuffer
        let deadline: TransportInstant
    }

    private struct State {
        var sent: [Sent] = []
        var completion: Completion?
        var isClosed = false
        var atOnce: Result<ExchangeResponse, RequestReplyFailure>?
    }

    let loop: any CallLoop
    private let state: NIOLockedValueBox<State>

    /// - Parameter atOnce: what every exchange ends with before `exchange` returns.
    init(on loop: any CallLoop, atOnce: Result<ExchangeResponse, RequestReplyFailure>? = nil) {
        self.loop = loop
        state = NIOLockedValueBox(State(atOnce: atOnce))
    }

    var sent: [Sent] { state.withLockedValue { $0.sent } }
    var isClosed: Bool { state.withLockedValue { $0.isClosed } }
    var isReusable: Bool { state.withLockedValue { !$0.isClosed && $0.completion == nil } }

    /// Ends the exchange in flight.
    func end(_ result: Result<ExchangeResponse, RequestReplyFailure>) {
        let completion = state.withLockedValue { state in
            defer { state.completion = nil }
            return state.completion
        }
        loop.run { completion?(result) }
    }

    func answer(_ status: Int, _ body: String = "", retryAfter: String? = nil, location: String? = nil) {
        end(.success(.test(status, body, retryAfter: retryAfter, location: location)))
    }

    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant, _ completion: @escaping Completion) {
        precondition(loop.isCurrent, "a connection is used on its loop")
        let atOnce = state.withLockedValue { state in
            state.sent.append(Sent(head: String(buffer: plan.head.prefix), body: body, deadline: deadline))
            if state.atOnce == nil {
                state.completion = completion
            }
            return state.atOnce
        }
        if let atOnce {
            completion(atOnce)
        }
    }

    func close() {
        precondition(loop.isCurrent, "a connection is used on its loop")
        state.withLockedValue { $0.isClosed = true }
        end(.failure(RequestReplyFailure(.cancelled, "the call was cancelled")))
    }

    func whenClosed(_ handler: @escaping @Sendable () -> Void) {}
}

extension ExchangeResponse {
    static func test(_ status: Int, _ body: String = "", retryAfter: String? = nil, location: String? = nil) -> ExchangeResponse {
        ExchangeResponse(
            status: status,
            mediaType: .octetStream,
            location: location,
            retryAfter: retryAfter,
            body: ByteBuffer(string: body)
        )
    }
}
