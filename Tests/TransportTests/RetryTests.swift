import NIOCore
import TestSupport
import Testing
import TransportCore

/// How a first attempt ends, on a connection of its own.
struct FirstAttempt: Sendable, CustomTestStringConvertible {
    let name: String
    let script: [RawServer.Step]
    let kind: RequestReplyFailure.Kind

    init(_ name: String, _ kind: RequestReplyFailure.Kind, _ script: RawServer.Step...) {
        self.name = name
        self.kind = kind
        self.script = [.readRequest] + script
    }

    var testDescription: String { name }
}

/// What is tried again, and when.
@Suite struct RetryTests {
    private static let lost = [
        FirstAttempt("closed without an answer", .connectionLost, .close),
        FirstAttempt("reset without an answer", .connectionLost, .reset),
        FirstAttempt("half-closed without an answer", .connectionLost, .halfClose),
        FirstAttempt("closed in the head", .connectionLost, .send("HTTP/1.1 200 OK\r\n"), .close),
        FirstAttempt("closed in the body", .connectionLost, .announced(9, [0x41]), .close),
        FirstAttempt("reset in the body", .connectionLost, .announced(9, [0x41]), .reset),
        FirstAttempt("closed in the chunks", .connectionLost, .chunked([[0x41]], fault: .missingLastChunk), .close),
        FirstAttempt("503", .passingStatus, .status(503)),
        FirstAttempt("429", .passingStatus, .status(429)),
    ]

    private static let settled = [
        FirstAttempt("404", .finalStatus, .status(404)),
        FirstAttempt("304", .finalStatus, .status(304)),
        FirstAttempt("303", .redirect, .redirect(303, to: "/elsewhere")),
        FirstAttempt("another content type", .contentType, .respond("200 OK", ["content-type: text/html"], [0x41])),
        FirstAttempt("not HTTP", .malformedResponse, .garbage),
        FirstAttempt("chunks that are none", .malformedResponse, .chunked([[0x41]], fault: .sizeNotHex)),
        FirstAttempt(
            "what is said to be compressed",
            .malformedResponse,
            .respond("200 OK", [RawServer.Step.octets, "content-encoding: gzip"], [0x41])
        ),
        FirstAttempt("too long", .responseTooLarge, .announced(33, [])),
    ]

    private static let limit = ["payload_max_bytes: 32"]

    @Test(
        "an attempt whose answer got lost, or that may be answered later, is made again after the pause",
        arguments: Wiring.allCases,
        lost
    )
    func again(wiring: Wiring, ending: FirstAttempt) async throws {
        let world = TransportWorld(wiring)
        let result: [RawServer.Step] = [.readRequest, .sendResult([0x42])]
        let goesOn = ending.kind == .passingStatus
        let server = try await RawServer.start(.tcp, scripts: [ending.script + (goesOn ? result : []), result])
        let call = world.call(try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"])))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        #expect(try await call.value.get() == "B")
        #expect(world.metrics.attemptOutcomes == [ending.kind, nil])
        #expect(world.metrics.callOutcomes == [nil])
        #expect(server.connectionCount == (goesOn ? 1 : 2))
        try await world.finish(server)
    }

    @Test("an answer that stays what it is ends the call at once", arguments: Wiring.allCases, settled)
    func final(wiring: Wiring, ending: FirstAttempt) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, ending.script)
        let failure = try await world.failure(world.call(try world.client(server, spec: wiring.spec(other: Self.limit))))
        #expect(failure.kind == ending.kind)
        #expect(failure.attemptCount == 1)
        #expect(failure.elapsed == .zero)
        #expect(failure.endpoint == "http://127.0.0.1:\(server.port)/functions")
        #expect(world.metrics.attemptOutcomes == [ending.kind])
        #expect(world.metrics.callOutcomes == [ending.kind])
        try await world.finish(server)
    }

    @Test("retry.everything makes such an attempt again as well", arguments: Wiring.allCases, settled)
    func everything(wiring: Wiring, ending: FirstAttempt) async throws {
        let world = TransportWorld(wiring)
        let result: [RawServer.Step] = [.readRequest, .sendResult([0x42])]
        // Where the connection can be kept it is.
        let server = try await RawServer.start(.tcp, scripts: [ending.script + result, result])
        let spec = wiring.spec(other: Self.limit, retry: ["everything: true", "first_pause: 100ms"])
        let call = world.call(try world.client(server, spec: spec))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        #expect(try await call.value.get() == "B")
        #expect(world.metrics.attemptOutcomes == [ending.kind, nil])
        try await world.finish(server)
    }

    @Test("even then a request that is too long is not sent", arguments: Wiring.allCases)
    func requestTooLarge(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [])
        let client = try world.client(server, spec: wiring.spec(other: Self.limit, retry: ["everything: true"]))
        let failure = try await world.failure(world.call(client, String(repeating: "x", count: 33)))
        #expect(failure.kind == .requestTooLarge)
        #expect(server.connectionCount == 0)
        try await world.finish(server)
    }

    @Test("a peer that cannot be connected to, or ends the handshake, is tried again", arguments: Wiring.allCases, ["http", "https"])
    func noConnection(wiring: Wiring, scheme: String) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readTLSRecord, .close])
        let refusing = try RefusingServer()
        world.resolver.set("a.example", .addresses([scheme == "http" ? refusing.address : try server.address]))
        let retry = ["first_pause: 100ms", "max_pause: 100ms"]
        let call = world.call(try world.client("\(scheme)://a.example/", spec: wiring.spec("call: 250ms", retry: retry)))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        let failure = try await world.failure(call)
        let kind: RequestReplyFailure.Kind = scheme == "http" ? .connectFailed : .handshakeFailed
        #expect(failure.kind == kind)
        #expect(failure.attemptCount == 3)
        #expect(failure.elapsed == .milliseconds(200))
        #expect(world.metrics.attemptOutcomes == [kind, kind, kind])
        try await world.finish(server)
    }

    @Test("a peer whose certificate does not verify is not asked again", arguments: Wiring.allCases)
    func certificate(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, [], tls: certificates.server(.wrongHost))
        let spec = wiring.spec(other: ["trust_cacerts: \(certificates.authority)"])
        let failure = try await world.failure(world.call(try world.client("https://127.0.0.1:\(server.port)/", spec: spec)))
        #expect(failure.kind == .certificateRefused)
        #expect(failure.attemptCount == 1)
        try await world.finish(server)
    }

    @Test("where the answer got lost, exactly the same bytes are sent again", arguments: Wiring.allCases, [false, true])
    func sameBytes(wiring: Wiring, isKept: Bool) async throws {
        let world = TransportWorld(wiring)
        let before: [RawServer.Step] = isKept ? [.readRequest, .sendResult()] : []
        let server = try await RawServer.start(.tcp, scripts: [before + [.readRequest, .reset], [.readRequest, .sendResult([0x41])]])
        let client = try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"]))
        if isKept { _ = try await world.answer(client) }
        let sentBefore = isKept ? try await server.connection().received.count : 0
        let call = world.call(client, String(repeating: "state", count: 1000))
        if !isKept { try await world.loop.advanceWhenDue(by: .milliseconds(100)) }
        #expect(try await call.value.get() == "A")
        let first = try await server.connection(0).received.dropFirst(sentBefore)
        #expect(try await Array(first) == server.connection(1).received)
        #expect(first.count > 5000)
        try await world.finish(server)
    }

    @Test("bytes that are left over from the call before do not fail the next one", arguments: Wiring.allCases)
    func leftOver(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .sendResult([0x41]), .readRequest, .send("\r\n")], [.readRequest, .sendResult([0x42])]]
        )
        let client = try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"]))
        #expect(try await world.answer(client) == "A")
        let call = world.call(client)
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        #expect(try await call.value.get() == "B")
        try await world.finish(server)
    }

    @Test("a call that fails lists its attempts, with their times, reasons and pauses", arguments: Wiring.allCases)
    func attempts(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .status(503), .readRequest, .close], [.readRequest, .status(404)]]
        )
        let call = world.call(try world.client(server, spec: wiring.spec(retry: ["first_pause: 100ms"])))
        try await world.loop.advanceWhenDue(by: .milliseconds(100))
        // The connection was kept, so that nothing says that the peer has ever been there.
        let failure = try await world.failure(call)
        #expect(failure.attempts.map(\.offset) == [.zero, .milliseconds(100), .milliseconds(100)])
        #expect(failure.attempts.map(\.duration) == [.zero, .zero, .zero])
        #expect(failure.attempts.map(\.pause) == [.milliseconds(100), nil, nil])
        #expect(
            failure.attempts.map(\.message) == [
                "the answer has status 503 Service Unavailable", "127.0.0.1:\(server.port) had closed the kept connection",
                "the answer has status 404 Not Found",
            ]
        )
        #expect(failure.attemptCount == 3)
        #expect("\(failure)".hasSuffix("(3 attempts in 100 ms)"))
        try await world.finish(server)
    }
}
