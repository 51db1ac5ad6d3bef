import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@testable import PoolManager

/// A pool over a scripted connector on a manual loop.
struct PoolFixture {
    let loop: ManualLoop
    let connector: ScriptedConnector
    let manager: PoolManager
    let pool: ConnectionPool

    init(
        _ limits: PoolLimits = .of(2),
        chance: Double = 0,
        cancelsTimers: Bool = true,
        answeringAtOnce answer: (@Sendable (ManualLoop) -> Result<any PooledConnection, RequestReplyFailure>)? = nil
    ) throws {
        loop = ManualLoop(cancelsTimers: cancelsTimers)
        connector = ScriptedConnector(on: loop, answeringAtOnce: answer)
        manager = PoolManager(connector: connector) { chance }
        pool = try #require(manager.pool(for: Self.origin, limits: limits) as? ConnectionPool)
    }

    static let origin = Origin(place: .tcp(host: "bar.foo.com", port: 8080), tls: nil)

    static func limits(
        call: Duration = .seconds(60),
        deadline: TransportInstant = .distantFuture,
        prefersNew: Bool = false
    ) -> ConnectLimits {
        ConnectLimits(
            connect: Setting(.seconds(10), from: .byDefault),
            call: Setting(call, from: .byDefault),
            deadline: deadline,
            prefersNew: prefersNew
        )
    }

    /// Asks for a connection.
    func lease(
        call: Duration = .seconds(60),
        deadline: TransportInstant = .distantFuture,
        prefersNew: Bool = false
    ) -> Caller {
        let caller = Caller()
        loop.perform {
            caller.ticket = pool.lease(Self.limits(call: call, deadline: deadline, prefersNew: prefersNew)) { caller.answered($0) }
        }
        return caller
    }

    /// Asks for a connection, which is there or is opened.
    func leaseOpen(closesLater: Bool = false) throws -> ScriptedConnection {
        let attempts = connector.attempts.count
        let caller = lease()
        if connector.attempts.count > attempts {
            open(attempts, closesLater: closesLater)
        }
        return try #require(caller.connection)
    }

    @discardableResult
    func open(_ attempt: Int, closesLater: Bool = false) -> ScriptedConnection {
        let connection = ScriptedConnection(on: loop, closesLater: closesLater)
        loop.perform { connector.attempts[attempt].end(.success(connection)) }
        return connection
    }

    func giveBack(_ connection: ScriptedConnection) {
        loop.perform { pool.giveBack(connection) }
    }

    var figures: PoolFigures { loop.perform { pool.figures } }

    /// Runs the loop until `body`, which hands work in to it, has ended.
    func drive<Outcome: Sendable>(_ body: @escaping @Sendable () async -> Outcome) async -> Outcome {
        let loop = loop
        let ended = NIOLockedValueBox<Outcome?>(nil)
        let task = Task {
            let outcome = await body()
            ended.withLockedValue { $0 = outcome }
            loop.execute {}
        }
        while true {
            await loop.waitForWork()
            loop.runQueued()
            if let outcome = ended.withLockedValue({ $0 }) {
                await task.value
                return outcome
            }
        }
    }
}

/// Who asked for a connection.
final class Caller: Sendable {
    private struct State {
        var ticket: LeaseTicket?
        var answers: [Result<any PooledConnection, RequestReplyFailure>] = []
    }

    private let state = NIOLockedValueBox(State())

    var ticket: LeaseTicket? {
        get { state.withLockedValue { $0.ticket } }
        set { state.withLockedValue { $0.ticket = newValue } }
    }

    func answered(_ result: Result<any PooledConnection, RequestReplyFailure>) {
        state.withLockedValue { $0.answers.append(result) }
    }

    var answerCount: Int { state.withLockedValue { $0.answers.count } }

    var connection: ScriptedConnection? {
        guard case .success(let connection) = state.withLockedValue({ $0.answers.first }) else { return nil }
        return connection as? ScriptedConnection
    }

    var failure: RequestReplyFailure? {
        if case .failure(let failure) = state.withLockedValue({ $0.answers.first }) { failure } else { nil }
    }
}
