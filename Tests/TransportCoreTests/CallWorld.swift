import NIOConcurrencyHelpers
import NIOCore
import TestSupport

@testable import TransportCore

/// One client with a pool, a loop and a clock that the test works by hand.
struct CallWorld {
    let loop: ManualLoop
    let pool: HandPool
    let setup: CallSetup
    let metrics = RecordedMetrics()
    let log = RecordedLog()

    init(
        url: String = "http://h/greeter",
        call: Duration = .seconds(60),
        cancelsTimers: Bool = true,
        payloadMaxBytes: Int = 1000,
        redirecting: CallSetup.Redirecting? = nil
    ) throws {
        loop = ManualLoop(start: TransportInstant(nanoseconds: 1_000_000_000), cancelsTimers: cancelsTimers)
        pool = HandPool(on: loop)
        setup = CallSetup(
            route: try Self.route(url, pool, call: call, payloadMaxBytes: payloadMaxBytes),
            policy: RetryPolicy(firstPause: .milliseconds(10), jitter: 0),
            metrics: metrics,
            logger: log.logger,
            redirecting: redirecting,
            chance: { 0 }
        )
    }

    static func route(
        _ url: String,
        _ pool: any OriginPool,
        call: Duration = .seconds(60),
        payloadMaxBytes: Int = 1000
    ) throws -> CallRoute {
        let url = try EndpointURL(parsing: url)
        return CallRoute(
            url: url,
            route: try StubConnector().route(for: url, tls: nil),
            pool: pool,
            limits: ExchangeLimits(
                call: Setting(call, from: .byDefault),
                connect: Setting(.seconds(10), from: .byDefault),
                payloadMaxBytes: Setting(payloadMaxBytes, from: .byDefault)
            )
        )
    }

    /// Begins a call and does what there is to do at once.
    func call(_ payload: String = "payload") -> Call {
        let call = prepare(payload)
        call.start()
        loop.runQueued()
        return call
    }

    /// A call that has not begun.
    func prepare(_ payload: String = "payload") -> Call {
        let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: ByteBuffer(string: payload))
        return Call(runner: CallRunner(setup, request: request, start: loop.now))
    }

    /// Grants the lease that waits, on a fresh connection.
    func grant() -> HandConnection {
        let connection = HandConnection(on: pool.loop)
        pool.grant(connection)
        loop.runQueued()
        return connection
    }

    func connection(atOnce result: Result<ExchangeResponse, RequestReplyFailure>) -> HandConnection {
        HandConnection(on: pool.loop, atOnce: result)
    }

    /// Has the connection answer, and lets the call see it.
    func answer(_ connection: HandConnection, _ status: Int, _ body: String = "", retryAfter: String? = nil, location: String? = nil) {
        connection.answer(status, body, retryAfter: retryAfter, location: location)
        loop.runQueued()
    }

    func fail(_ connection: HandConnection, _ kind: RequestReplyFailure.Kind) {
        connection.end(.failure(RequestReplyFailure(kind, "\(kind)")))
        loop.runQueued()
    }
}

/// A call and everything that it was completed with.
struct Call: Sendable {
    let runner: CallRunner
    private let completions = NIOLockedValueBox<[Result<ByteBuffer, RequestReplyFailure>]>([])

    init(runner: CallRunner) {
        self.runner = runner
    }

    func start() {
        runner.start { [completions] result in completions.withLockedValue { $0.append(result) } }
    }

    func start(after attempt: ThreadAttempt) {
        runner.start(after: attempt) { [completions] result in completions.withLockedValue { $0.append(result) } }
    }

    func cancel() {
        runner.interrupt(RequestReplyFailure(.cancelled, "cancelled"))
    }

    var completionCount: Int { completions.withLockedValue { $0.count } }

    /// The body of the answer, where the call has one.
    var answer: String? {
        guard case .success(let body)? = completions.withLockedValue({ $0.first }) else { return nil }
        return String(buffer: body)
    }

    /// How the call failed, where it has.
    var failure: RequestReplyFailure? {
        guard case .failure(let failure)? = completions.withLockedValue({ $0.first }) else { return nil }
        return failure
    }
}
