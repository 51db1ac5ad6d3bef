internal import Logging
public import NIOCore

/// Takes one call from its first attempt to its end: borrows a connection, exchanges, judges the answer, retries.
///
/// ```
/// start ─► attempt ─► lease ─► exchange ─► answer ─► completion
///             ▲          │         │          │
///             └─ pause ◄─┴─────────┴──────────┘   (failed, and a retry can help in the time that is left)
/// ```
///
/// Both transports run their calls with it; they differ in who waits for the completion, and how.
///
/// `@unchecked Sendable`: everything that changes is touched only on ``CallSetup/loop``; `start` and `interrupt` go there
/// first, and every callback arrives there. Whoever made the runner has all but its ``state`` for itself until it starts it.
public final class CallRunner: @unchecked Sendable {
    public typealias Completion = @Sendable (Result<ByteBuffer, RequestReplyFailure>) -> Void
    /// A task that waits for the end of a call.
    public typealias Waiter = UnsafeContinuation<Result<ByteBuffer, RequestReplyFailure>, Never>

    private enum Listener {
        case closure(Completion)
        // Apart from closures, so that a task costs no allocation.
        case task(Waiter)

        func callAsFunction(_ result: Result<ByteBuffer, RequestReplyFailure>) {
            switch self {
            case .closure(let completion): completion(result)
            case .task(let waiter): waiter.resume(returning: result)
            }
        }
    }

    private enum State {
        /// Next: running, interrupted.
        case ready
        /// Interrupted before it began. Next: ended.
        case interrupted(RequestReplyFailure)
        /// Next: ended.
        case running(Listener)
        /// Final.
        case ended
    }

    private let setup: CallSetup
    private let request: RequestReplyRequest
    private var machine: RetryMachine
    private var state = State.ready
    private var attempt: CallAttempt?
    private var attemptStart = TransportInstant.zero
    private var timer: (any CallTimer)?
    private var redirects = 0
    /// Whether the last attempt, or the last step of one, met a kept connection that its peer had closed.
    private var wasStale = false
    /// What is to be done next, while something else is being done.
    private var pending: (action: RetryMachine.Action, route: CallRoute)?
    private var isPerforming = false
    /// Where ``RunningCalls`` has it.
    var place = 0

    /// - Parameter start: when the call began; its budget counts from there.
    init(_ setup: CallSetup, request: RequestReplyRequest, start: TransportInstant) {
        self.setup = setup
        self.request = request
        self.machine = RetryMachine(
            policy: setup.policy,
            budget: CallBudget(start: start, limit: setup.limits.call, nanoseconds: setup.route.plan.callNanoseconds)
        )
    }

    /// Begins the call. To be called once; `completion` is called once, on the loop.
    public func start(_ completion: @escaping Completion) {
        start(telling: .closure(completion))
    }

    /// Begins the call. To be called once; `waiter` is resumed once.
    public func start(resuming waiter: Waiter) {
        start(telling: .task(waiter))
    }

    private func start(telling listener: Listener) {
        if setup.loop.isCurrent {
            begin(listener)
        } else {
            setup.loop.execute { [self] in begin(listener) }
        }
    }

    private func begin(_ listener: Listener) {
        switch state {
        case .ready:
            state = .running(listener)
            guard setup.running.insert(self) else {
                return interruptRunning(.tooLate)
            }
            let now = setup.loop.now
            attemptStart = now
            perform(machine.callStarted(at: now), on: setup.route)
        case .interrupted(let failure):
            state = .running(listener)
            interruptRunning(failure)
        case .running, .ended:
            break
        }
    }

    // MARK: - An attempt by a thread

    /// Makes an attempt on the calling thread, before the call is started; `nil` where no time is left for one.
    package func attempt(on connection: any ThreadConnection) -> ThreadAttempt? {
        let start = setup.loop.now
        guard !machine.budget.isSpent(at: start) else { return nil }
        let result = connection.exchange(setup.route.plan, body: request.payload, deadline: machine.budget.deadline)
        return ThreadAttempt(start: start, result: result)
    }

    /// Ends a call that has not been started, if the attempt has its answer.
    package func end(with attempt: ThreadAttempt) -> ByteBuffer? {
        guard case .success(let response) = attempt.result, case .answered(let body) = response.verdict else { return nil }
        let now = setup.loop.now
        attemptStart = attempt.start
        _ = machine.callStarted(at: attempt.start)
        reportAnswer(at: now)
        reportEnd(.success(body), at: now)
        return body
    }

    /// Begins the call after an attempt without an answer, which counts as the first one. To be called once; `completion` is called
    /// once, on the loop.
    package func start(after attempt: ThreadAttempt, _ completion: @escaping Completion) {
        setup.loop.execute { [self] in begin(.closure(completion), after: attempt) }
    }

    private func begin(_ listener: Listener, after attempt: ThreadAttempt) {
        let interruption: RequestReplyFailure? = if case .interrupted(let failure) = state { failure } else { nil }
        state = .running(listener)
        attemptStart = attempt.start
        _ = machine.callStarted(at: attempt.start)
        let isWelcome = setup.running.insert(self)
        if let interruption {
            report(interruption, at: setup.loop.now)
            interruptRunning(interruption)
        } else if isWelcome {
            judge(attempt.result, from: setup.route)
        } else if case .success(let response) = attempt.result, case .redirected = response.verdict {
            report(.tooLate, at: setup.loop.now)
            interruptRunning(.tooLate)
        } else {
            drain()
            judge(attempt.result, from: setup.route)
        }
    }

    /// Reports the end of a call that will not be started. May be called from anywhere.
    public func end(unstarted failure: RequestReplyFailure) {
        reportEnd(.failure(failure), at: setup.loop.now)
    }

    /// Ends the call with `failure`, whatever it is doing; a call that has ended already is left alone.
    public func interrupt(_ failure: RequestReplyFailure) {
        setup.loop.run { [self] in
            switch state {
            case .ready: state = .interrupted(failure)
            case .running: interruptRunning(failure)
            case .interrupted, .ended: break
            }
        }
    }

    /// Lets the call end by itself, but not try anything again. To be called on the loop.
    func drain() {
        guard case .running = state, let action = machine.drainBegan(at: setup.loop.now) else { return }
        perform(action, on: setup.route)
    }

    private func interruptRunning(_ failure: RequestReplyFailure) {
        let now = setup.loop.now
        if let running = attempt {
            attempt = nil
            running.cancel()
            report(failure, at: now)
        }
        perform(machine.interrupted(by: failure, at: now), on: setup.route)
    }

    /// Does what the machine says, and what that leads to, one after the other: an attempt that ends before it returns must
    /// not deepen the stack.
    private func perform(_ action: RetryMachine.Action, on route: CallRoute) {
        pending = (action, route)
        guard !isPerforming else { return }
        isPerforming = true
        defer { isPerforming = false }
        while let next = pending {
            pending = nil
            performNow(next.action, on: next.route)
        }
    }

    private func performNow(_ action: RetryMachine.Action, on route: CallRoute) {
        switch action {
        case .attempt:
            let next = CallAttempt(
                route,
                of: self,
                body: request.payload,
                deadline: machine.budget.deadline,
                prefersNew: wasStale
            )
            attempt = next
            next.start()
        case .pause(let until):
            timer = setup.loop.schedule(at: until) { [self] in
                guard timer != nil else { return }
                timer = nil
                let now = setup.loop.now
                attemptStart = now
                perform(machine.pauseEnded(at: now), on: setup.route)
            }
        case .fail(var failure):
            failure.endpoint = failure.endpoint ?? setup.route.url.description
            finish(.failure(failure), at: setup.loop.now)
        }
    }

    /// An attempt has come to its end. May be called from anywhere: a redirect can lead to the pool of another loop.
    func attemptEnded(_ ended: CallAttempt, _ result: Result<ExchangeResponse, RequestReplyFailure>) {
        guard setup.loop.isCurrent else {
            return setup.loop.execute { [self] in attemptEnded(ended, result) }
        }
        // A cancelled attempt may have been about to report; by now another one may be under way.
        guard attempt === ended else { return }
        attempt = nil
        judge(result, from: ended.route)
    }

    private func judge(_ result: Result<ExchangeResponse, RequestReplyFailure>, from route: CallRoute) {
        let now = setup.loop.now
        let verdict =
            switch result {
            case .success(let response): response.verdict
            case .failure(let failure): ResponseVerdict.failed(failure)
            }
        let wasStaleBefore = wasStale
        wasStale = if case .failed(let failure) = verdict { failure.kind == .staleConnection } else { false }
        switch verdict {
        case .answered(let body):
            reportAnswer(at: now)
            finish(.success(body), at: now)
        case .failed where wasStale && !wasStaleBefore && redirects > 0:
            // What answers a redirect often closes the connection, and the pool may lend it before it knows: begun from the original URL
            // again, the attempt would meet the same again. Once only, as without redirects.
            hop(to: route, at: now)
        case .failed(let failure):
            attemptFailed(failure, at: now)
        case .redirected(let location, let failure):
            guard let redirecting = setup.redirecting else {
                return attemptFailed(failure, at: now)
            }
            redirects += 1
            guard redirects <= CallSetup.maxRedirects else {
                return attemptFailed(
                    RequestReplyFailure(
                        .redirect,
                        text: "more than \(CallSetup.maxRedirects) redirects, the last one to \(place: location)"
                    ),
                    at: now
                )
            }
            switch redirecting(location, route) {
            case .success(let next): hop(to: next, at: now)
            case .failure(let refused): attemptFailed(refused, at: now)
            }
        }
    }

    /// Goes on with the attempt at hand, elsewhere or on another connection.
    private func hop(to route: CallRoute, at now: TransportInstant) {
        let action = machine.attemptRedirected(at: now)
        if case .fail(let failure) = action { report(failure, at: now) }
        perform(action, on: route)
    }

    private func attemptFailed(_ failure: RequestReplyFailure, at now: TransportInstant) {
        report(failure, at: now)
        redirects = 0
        let attempt = machine.attemptCount
        let action = machine.attemptFailed(failure, at: now, chance: setup.chance())
        log(failure, ofAttempt: attempt, followedBy: action, at: now)
        attemptStart = now
        perform(action, on: setup.route)
    }

    /// An attempt, with all the redirects that it followed, is over.
    private func report(_ failure: RequestReplyFailure?, at now: TransportInstant) {
        setup.metrics.attemptEnded(
            functionType: request.functionType,
            nanoseconds: attemptStart.nanoseconds(until: now),
            failure: failure?.kind
        )
    }

    private func reportAnswer(at now: TransportInstant) {
        report(nil, at: now)
        setup.logger.trace("attempt answered", metadata: metadata)
        machine.attemptSucceeded()
    }

    /// The call is over.
    private func reportEnd(_ result: Result<ByteBuffer, RequestReplyFailure>, at now: TransportInstant) {
        let failure: RequestReplyFailure.Kind? = if case .failure(let failure) = result { failure.kind } else { nil }
        setup.metrics.callEnded(
            functionType: request.functionType,
            nanoseconds: machine.budget.start.nanoseconds(until: now),
            failure: failure
        )
    }

    // MARK: - Log

    /// What every message says. Nothing of it comes from a peer but where it redirects to, and a query, which may hold a key, is left out.
    private var metadata: Logger.Metadata {
        [
            "endpoint": "\(setup.route.url.withoutQuery)",
            "address": "\(request.functionType)/\(request.id)",
            "attempt": "\(machine.attemptCount)",
        ]
    }

    private func log(
        _ failure: RequestReplyFailure,
        ofAttempt attempt: Int,
        followedBy action: RetryMachine.Action,
        at now: TransportInstant
    ) {
        guard setup.logger.logLevel <= .debug else { return }
        var metadata = metadata
        metadata["attempt"] = "\(attempt)"
        metadata["kind"] = "\(failure.kind)"
        metadata["reason"] = "\(failure.text.loggable)"
        switch action {
        case .attempt: metadata["next"] = "at once"
        case .pause(let until): metadata["next"] = "in \(DurationText.format(now.duration(to: until)))"
        case .fail: metadata["next"] = "none"
        }
        setup.logger.debug("attempt failed", metadata: metadata)
    }

    private func finish(_ result: Result<ByteBuffer, RequestReplyFailure>, at now: TransportInstant) {
        guard case .running(let listener) = state else { return }
        state = .ended
        if timer != nil {
            timer?.cancel()
            timer = nil
        }
        setup.running.remove(self)
        reportEnd(result, at: now)
        listener(result)
    }
}
