import TestSupport
import Testing
import TransportCore

/// The limits of single reads and writes, which the blocking transport has and the other one has not.
@Suite struct ReadWriteLimitTests {
    /// How a peer is reached.
    enum Way: CaseIterable {
        case tcp
        case tls
        case unix
    }

    /// How far an answer has come when nothing more of it arrives.
    enum Phase: CaseIterable {
        case waiting
        case inHead
        case inBody

        var script: [RawServer.Step] {
            switch self {
            case .waiting: [.readRequest]
            case .inHead: [.readRequest, .send("HTTP/1.1 200 OK\r\ncontent-")]
            case .inBody: [.readRequest, .send("HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\ncontent-length: 9\r\n\r\nabc")]
            }
        }

        var activity: String {
            switch self {
            case .waiting: "the answer was awaited"
            case .inHead: "the head of the answer was read"
            case .inBody: "the body of the answer was read (3 bytes so far)"
            }
        }
    }

    /// A server, the URL that leads to it, and how messages call it.
    private struct Target {
        let server: RawServer
        let url: String
        let name: String
        let folder: TemporaryDirectory?

        init(_ way: Way, _ script: [RawServer.Step]) async throws {
            folder = way == .unix ? try TemporaryDirectory() : nil
            let identity = way == .tls ? try await TestCertificates.shared().server(.localhost) : nil
            server = try await RawServer.start(folder.map { .unix(path: $0.file("f.sock")) } ?? .tcp, script, tls: identity)
            name = folder?.file("f.sock") ?? "127.0.0.1:\(server.port)"
            switch way {
            case .tcp: url = "http://\(name)/"
            case .tls: url = "https://\(name)/"
            case .unix: url = "http+unix://\(name)/"
            }
        }
    }

    private func options(_ way: Way) async throws -> [String] {
        way == .tls ? ["trust_cacerts: \(try await TestCertificates.shared().authority)"] : []
    }

    // MARK: Reading

    @Test("an answer that stops coming trips the read limit, wherever it stopped", arguments: Phase.allCases, Way.allCases)
    func read(phase: Phase, way: Way) async throws {
        let world = TransportWorld(.blocking)
        let target = try await Target(way, phase.script)
        let spec = Wiring.blocking.spec("call: 3s", "read: 2s", other: try await options(way), retry: Wiring.once)
        let call = world.call(try world.client(target.url, spec: spec))
        try await target.server.connection().scriptEnded()
        try await world.loop.catchUp()
        try await world.loop.advance(by: .seconds(2))
        let failure = try await world.failure(call)
        #expect(failure.kind == .timedOut)
        #expect(failure.elapsed == .seconds(2))
        #expect(
            failure.message == "the read limit of 2 s (module.yaml:3:3) passed while \(phase.activity) from \(target.name);"
                + " the call limit of 3 s (module.yaml:2:3) leaves no time for another attempt"
        )
        try await world.finish(target.server)
    }

    @Test("without a read limit it is the call that ends", arguments: Phase.allCases, Way.allCases)
    func callWhileReading(phase: Phase, way: Way) async throws {
        let world = TransportWorld(.async)
        let target = try await Target(way, phase.script)
        let spec = Wiring.async.spec("call: 3s", other: try await options(way))
        let call = world.call(try world.client(target.url, spec: spec))
        try await target.server.connection().scriptEnded()
        try await world.loop.catchUp()
        try await world.loop.advance(by: .seconds(3))
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(3))
        #expect(failure.message == "the call limit of 3 s (module.yaml:1:1) passed while \(phase.activity) from \(target.name)")
        try await world.finish(target.server)
    }

    @Test("a byte in every period holds the read limit off, and the call ends at its own", arguments: Wiring.allCases)
    func trickle(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let gates = (0..<3).map { _ in Gate() }
        let sent = (0..<3).map { _ in Gate() }
        let trickle = zip("HTT", zip(gates, sent)).flatMap { byte, gates in
            [RawServer.Step.wait(gates.0), .send(String(byte)), .reached(gates.1)]
        }
        let server = try await RawServer.start(.tcp, [.readRequest] + trickle)
        let limits = wiring == .blocking ? wiring.spec("call: 5s", "read: 2s") : wiring.spec("call: 5s")
        let call = world.call(try world.client(server, spec: limits))
        _ = try await server.connection()
        for (gate, sent) in zip(gates, sent) {
            try await world.loop.catchUp()
            try await world.loop.advance(by: .milliseconds(1500))
            gate.open()
            try await sent.opened()
        }
        try await world.loop.catchUp()
        #expect(world.metrics.attemptOutcomes.isEmpty)
        try await world.loop.advance(by: .milliseconds(500))
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == .seconds(5))
        #expect(failure.message.hasPrefix("the call limit of 5 s (\(wiring.place(1))) passed while the head of the answer was read"))
        try await world.finish(server)
    }

    // MARK: Writing

    private static let large = String(repeating: "0123456789abcdef", count: 1 << 20)

    @Test("a peer that takes nothing trips the write limit, or the call's where there is none", arguments: Wiring.allCases, Way.allCases)
    func write(wiring: Wiring, way: Way) async throws {
        let world = TransportWorld(wiring)
        let target = try await Target(way, [.readBytes(1), .stopReading])
        let limits =
            wiring == .blocking
            ? wiring.spec("call: 4s", "read: 1s", "write: 2s", other: try await options(way), retry: Wiring.once)
            : wiring.spec("call: 4s", other: try await options(way))
        let call = world.call(try world.client(target.url, spec: limits), Self.large)
        try await target.server.connection().scriptEnded()
        try await world.loop.advance(by: .seconds(wiring == .blocking ? 2 : 4))
        let failure = try await world.failure(call)
        #expect(failure.kind == (wiring == .blocking ? .timedOut : .budgetSpent))
        #expect(failure.elapsed == .seconds(wiring == .blocking ? 2 : 4))
        let limit = wiring == .blocking ? "the write limit of 2 s (module.yaml:4:3)" : "the call limit of 4 s (module.yaml:1:1)"
        #expect(failure.message.hasPrefix("\(limit) passed while the request was sent to \(target.name)"))
        // A peer that takes nothing does not learn that its client has left.
        try await world.finish()
        #expect(OpenDescriptors.sockets(connectedTo: target.server.port).isEmpty)
    }

    @Test("a peer that takes some of the request in every period holds the write limit off", arguments: [false, true])
    func slowReader(isEncrypted: Bool) async throws {
        let world = TransportWorld(.blocking)
        let folder = try TemporaryDirectory()
        let resume = (0..<2).map { _ in Gate() }
        let stalled = (0..<2).map { _ in Gate() }
        let part = RawServer.Step.readSlowly(4 << 20, bytes: 1 << 20, every: .milliseconds(1))
        let server = try await RawServer.start(
            .unix(path: folder.file("f.sock")),
            [
                .readBytes(1), .stopReading, .reached(stalled[0]), .wait(resume[0]), part, .stopReading, .reached(stalled[1]),
                .wait(resume[1]), .readSlowly(12 << 20, bytes: 1 << 20, every: .milliseconds(1)), .sendResult([0x41]),
            ],
            tls: isEncrypted ? try await TestCertificates.shared().server(.localhost) : nil
        )
        let options = isEncrypted ? try await options(.tls) : []
        let spec = Wiring.blocking.spec("call: 60s", "write: 2s", other: options, retry: Wiring.once)
        let call = world.call(try world.client("http\(isEncrypted ? "s" : "")+unix://\(folder.file("f.sock"))/", spec: spec), Self.large)
        for (stalled, resume) in zip(stalled, resume) {
            try await stalled.opened()
            try await world.loop.catchUp()
            try await world.loop.advance(by: .milliseconds(1500))
            #expect(world.metrics.attemptOutcomes.isEmpty)
            resume.open()
        }
        #expect(try await call.value.get() == "A")
        #expect(world.elapsed == .seconds(3))
        try await world.finish(server)
    }
}
