import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing
import TransportCore

/// Calls that are cancelled in every state, and at each step of what they do.
@Suite struct CancellationTests {
    /// What a call meets.
    enum Scenario: String, CaseIterable, CustomTestStringConvertible {
        case answer
        case tls
        case unixSocket
        case answerByteByByte
        case largeRequest
        case silence
        case pause
        case redirect

        var testDescription: String { rawValue }

        func script(_ gate: Gate) -> [RawServer.Step] {
            switch self {
            case .answer, .tls, .unixSocket, .largeRequest: [.readRequest, .sendResult([0x41])]
            case .answerByteByByte: [.readRequest, .sendSlowly(Self.answerText, every: .zero)]
            case .silence: [.readRequest, .wait(gate), .sendResult([0x41])]
            case .pause: [.readRequest, .status(503), .readRequest, .sendResult([0x41])]
            case .redirect: [.readRequest, .redirect(307, to: "/there"), .readRequest, .sendResult([0x41])]
            }
        }

        private static let answerText = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 1\r\n\r\nA"

        /// The asynchronous transport follows no redirects, so that one is nothing new to it.
        static let everyOne = Wiring.allCases.flatMap { wiring in
            allCases.filter { wiring == .blocking || $0 != .redirect }.map { (wiring, $0) }
        }
    }

    @Test("a call that is cancelled at any step ends at once and once, and leaves nothing", arguments: Scenario.everyOne)
    func everyStep(wiring: Wiring, scenario: Scenario) async throws {
        // Whoever makes them starts programs, and keeps sockets for that.
        if scenario == .tls { _ = try await TestCertificates.shared() }
        let sockets = OpenDescriptors.sockets()
        var step = 0
        var cancelledCount = 0
        var isReached = true
        while isReached {
            step += 1
            let outcome = try await callOnce(wiring, scenario, cancelAt: step)
            isReached = outcome.isReached
            cancelledCount += outcome.isCancelled ? 1 : 0
        }
        // The last steps of a call come with its end: there the cancellation is too late.
        #expect(cancelledCount >= 5, "of \(step) steps")
        #expect(await OpenDescriptors.sockets(openedSince: sockets).isEmpty)
    }

    /// One call that is cancelled at one step, counted from 1.
    private func callOnce(
        _ wiring: Wiring,
        _ scenario: Scenario,
        cancelAt step: Int
    ) async throws -> (isReached: Bool, isCancelled: Bool) {
        let trigger = StepTrigger(step)
        let loop = ClockedLoop(touched: { trigger.stepBegan() })
        let world = TransportWorld(wiring, on: loop)
        let gate = Gate()
        let folder = try TemporaryDirectory()
        let server = try await RawServer.start(
            scenario == .unixSocket ? .unix(path: folder.file("f.sock")) : .tcp,
            scripts: [scenario.script(gate)],
            tls: scenario == .tls ? TestCertificates.shared().server(.localhost) : nil,
            observe: { _, event in
                switch event {
                case .began(.wait): trigger.stepBegan { gate.open() }
                case .began, .accepted, .received: trigger.stepBegan()
                case .closed: break
                }
            }
        )
        let client = try await client(world, scenario, server)
        let call = world.call(client, scenario == .largeRequest ? String(repeating: "x", count: 1 << 20) : "request")
        trigger.aim(at: call, on: loop)
        let result = scenario == .pause ? try await world.value(of: call, advancing: .milliseconds(1)) : await call.value
        switch result {
        case .success(let answer): #expect(answer == "A")
        case .failure(let failure): #expect(failure.kind == .cancelled, "\(failure)")
        }
        #expect(world.metrics.callOutcomes.count == 1)
        let isReached = trigger.isReached
        try await world.finish(server)
        try await server.stop()
        return (isReached, (try? result.get()) == nil)
    }

    private func client(_ world: TransportWorld, _ scenario: Scenario, _ server: RawServer) async throws -> any RequestReplyClient {
        switch scenario {
        case .tls:
            let authority = try await TestCertificates.shared().authority
            return try world.client("https://localhost:\(server.port)/", [Wiring.entry("trust_cacerts", .scalar(authority))])
        case .unixSocket:
            return try world.client("http+unix://\(try server.address.pathname ?? "")/")
        case .pause:
            // Time runs free here, and must not end anything but the pause.
            return try world.client(server, world.wiring.limits("1h"))
        case .answer, .answerByteByByte, .largeRequest, .silence, .redirect:
            return try world.client(server)
        }
    }

    // MARK: States that last until somebody else does something

    @Test("a call that waits for its turn leaves the line", arguments: Wiring.allCases)
    func inLine(wiring: Wiring) async throws {
        let world = TransportWorld(wiring, threads: 1)
        let gate = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(gate), .sendResult([0x41])])
        let one = Wiring.entry("pool_size", .scalar("1"))
        let holding = world.call(try world.client(server, world.wiring.limits("1h") + (wiring == .async ? [one] : [])))
        try await server.connection().received(count: 1)
        let waiting = world.call(try world.client(server, world.wiring.call("30s") + (wiring == .async ? [one] : [])))
        try await world.loop.scheduled(by: world.loop.now.advanced(by: .seconds(30)))
        waiting.cancel()
        #expect(await waiting.value.failure?.kind == .cancelled)
        gate.open()
        #expect(try await holding.value.get() == "A")
        #expect(server.connectionCount == 1)
        try await world.finish(server)
    }

    @Test("a call that waits for the address of a name waits no longer", arguments: Wiring.allCases)
    func lookUp(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let gate = Gate()
        world.resolver.set("held.example", .held(.hosts(["127.0.0.1"]), until: gate))
        let call = world.call(try world.client("http://held.example/"))
        try await world.resolver.asked("held.example")
        call.cancel()
        #expect(await call.value.failure?.kind == .cancelled)
        try await world.finish()
        gate.open()
        try await world.loop.settle()
        #expect(world.loop.timerCount == 0)
    }

    @Test("a call that waits for a connection to stand gives it up", arguments: Wiring.allCases)
    func connecting(wiring: Wiring) async throws {
        let server = try await SwallowingServer.start()
        let world = TransportWorld(wiring)
        let before = OpenDescriptors.sockets()
        let call = world.call(try world.client("http://127.0.0.1:\(server.address.port ?? 0)/"))
        // The limit of connecting is set first; the name has its address at once.
        try await world.loop.scheduled(by: world.loop.now.advanced(by: .seconds(20)))
        for _ in 0..<5 { try await world.loop.settle() }
        call.cancel()
        #expect(await call.value.failure?.kind == .cancelled)
        try await world.finish()
        #expect(await OpenDescriptors.sockets(openedSince: before).isEmpty)
    }

    @Test("a call that waits for the handshake gives it up, however far it has come", arguments: Wiring.allCases, [false, true])
    func handshake(wiring: Wiring, hasBegun: Bool) async throws {
        let world = TransportWorld(wiring)
        let isThere = Gate()
        let server = try await RawServer.start(.tcp, (hasBegun ? [.readTLSRecord] : []) + [.reached(isThere)])
        let call = world.call(try world.client("https://localhost:\(server.port)/"))
        try await isThere.opened()
        call.cancel()
        #expect(await call.value.failure?.kind == .cancelled)
        try await world.finish(server)
    }

    @Test("a call whose peer takes nothing stops sending", arguments: Wiring.allCases)
    func writing(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let isThere = Gate()
        let server = try await RawServer.start(.tcp, [.readBytes(1), .stopReading, .reached(isThere)])
        let call = world.call(try world.client(server), String(repeating: "x", count: 8 << 20))
        try await isThere.opened()
        call.cancel()
        #expect(await call.value.failure?.kind == .cancelled)
        await world.factory.shutdown()
        #expect(world.loop.timerCount == 0)
    }

    @Test("a call that is cancelled before it begins makes no connection", arguments: Wiring.allCases)
    func beforeBeginning(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let client = try world.client(server)
        let call = Task { () -> Result<String, RequestReplyFailure> in
            withUnsafeCurrentTask { $0?.cancel() }
            return await world.outcome(client)
        }
        #expect(await call.value.failure?.kind == .cancelled)
        try await world.finish(server)
        #expect(server.connectionCount == 0)
    }

    // MARK: Failing at each step

    @Test("a connection that ends after any byte of its answer is made again", arguments: Wiring.allCases, [RawServer.Step.close, .reset])
    func brokenOff(wiring: Wiring, ending: RawServer.Step) async throws {
        let answer = Array("HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 1\r\n\r\nA".utf8)
        for count in 0..<answer.count {
            let world = TransportWorld(wiring)
            let server = try await RawServer.start(
                .tcp,
                scripts: [[.readRequest, .send(Array(answer[..<count])), ending], [.readRequest, .send(answer)]]
            )
            let call = world.call(try world.client(server))
            try await world.loop.advanceWhenDue(by: .milliseconds(wiring == .async ? 4 : 10))
            #expect(try await call.value.get() == "A")
            #expect(world.metrics.attemptOutcomes == [.connectionLost, nil])
            try await world.finish(server)
            try await server.stop()
        }
    }
}

/// Cancels a call when a number of things have happened.
private final class StepTrigger: Sendable {
    private struct State {
        var left: Int
        var target: (call: Task<Result<String, RequestReplyFailure>, Never>, loop: ClockedLoop)?
        /// What to do after the cancellation.
        var pending: (@Sendable () -> Void)?
        var isReached = false
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter step: which step is the last one, counted from 1.
    init(_ step: Int) {
        state = NIOLockedValueBox(State(left: step))
    }

    /// Whether the step has come.
    var isReached: Bool { state.withLockedValue { $0.isReached } }

    /// One more thing has happened.
    /// - Parameter next: what follows it: at once, or when the call has been cancelled.
    func stepBegan(_ next: @escaping @Sendable () -> Void = {}) {
        let (isLast, target) = state.withLockedValue { state in
            state.left -= 1
            guard state.left == 0 else { return (false, state.target) }
            state.isReached = true
            if state.target == nil { state.pending = next }
            return (true, state.target)
        }
        guard isLast else { return next() }
        if let target { Self.cancel(target, next) }
    }

    /// Says which call it is; a step that has come before that cancels it now.
    func aim(at call: Task<Result<String, RequestReplyFailure>, Never>, on loop: ClockedLoop) {
        let pending = state.withLockedValue { state in
            state.target = (call, loop)
            defer { state.pending = nil }
            return state.pending
        }
        if let pending { Self.cancel((call, loop), pending) }
    }

    private static func cancel(
        _ target: (call: Task<Result<String, RequestReplyFailure>, Never>, loop: ClockedLoop),
        _ next: @escaping @Sendable () -> Void
    ) {
        // In a turn of its own, as every cancellation is.
        target.loop.eventLoop.execute {
            target.call.cancel()
            next()
        }
    }
}
