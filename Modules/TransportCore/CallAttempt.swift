internal import NIOCore

/// One attempt of a call: borrows a connection, exchanges, gives it back.
///
/// `@unchecked Sendable`: everything that changes is touched only on the loop of the route's pool; `start` and `cancel` go
/// there first, and pool and connection call back there.
final class CallAttempt: @unchecked Sendable {
    private enum State {
        /// Next: leasing, ended.
        case ready
        /// Next: exchanging, ended. The ticket is `nil` until the pool has handed it out.
        case leasing(LeaseTicket?)
        /// Next: ended.
        case exchanging(any PooledConnection)
        /// Final.
        case ended
    }

    let route: CallRoute
    private let body: ByteBuffer
    private let deadline: TransportInstant
    private let prefersNew: Bool
    private let call: CallRunner
    private var state = State.ready
    private var isCancelled = false

    /// - Parameter prefersNew: whether the attempt before met a kept connection that its peer had closed.
    init(_ route: CallRoute, of call: CallRunner, body: ByteBuffer, deadline: TransportInstant, prefersNew: Bool) {
        self.route = route
        self.call = call
        self.body = body
        self.deadline = deadline
        self.prefersNew = prefersNew
    }

    // The closures below capture nothing but the attempt itself, so that none of them takes an allocation.

    /// Begins the attempt. The call hears of its end once, on the pool's loop, unless the attempt is cancelled.
    func start() {
        route.pool.loop.run { [self] in
            guard case .ready = state else { return }
            state = .leasing(nil)
            let limits = route.plan.limits
            let ticket = route.pool.lease(
                ConnectLimits(connect: limits.connect, call: limits.call, deadline: deadline, prefersNew: prefersNew)
            ) { [self] result in leased(result) }
            if case .leasing = state {
                state = .leasing(ticket)
            }
        }
    }

    /// Gives up: leaves the line, or closes the connection in use.
    func cancel() {
        route.pool.loop.run { [self] in
            isCancelled = true
            switch state {
            case .leasing(let ticket):
                state = .ended
                if let ticket {
                    route.pool.cancelLease(ticket)
                }
            case .exchanging(let connection):
                connection.close()
            case .ready, .ended:
                state = .ended
            }
        }
    }

    private func leased(_ result: Result<any PooledConnection, RequestReplyFailure>) {
        guard case .leasing = state else {
            if case .success(let connection) = result {
                route.pool.giveBack(connection)
            }
            return
        }
        switch result {
        case .success(let connection):
            state = .exchanging(connection)
            connection.exchange(route.plan, body: body, deadline: deadline) { [self] result in
                if case .exchanging(let connection) = state {
                    state = .ended
                    route.pool.giveBack(connection)
                }
                end(result)
            }
        case .failure(let failure):
            state = .ended
            end(.failure(failure))
        }
    }

    private func end(_ result: Result<ExchangeResponse, RequestReplyFailure>) {
        if !isCancelled {
            call.attemptEnded(self, result)
        }
    }
}
