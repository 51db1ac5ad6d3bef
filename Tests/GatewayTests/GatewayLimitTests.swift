import Foundation
import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// What the gateway takes on, and how it stops.
@Suite struct GatewayLimitTests {
    private let message = GatewayWorld.okHttp(GatewayWorld.message("f"))

    @Test("a function that does not answer fills its own line, and takes nothing from the others")
    func slowFunction() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        let fast = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: slow, fast: fast) {
            $0.maxInFlight = 4
            $0.maxWaiting = 4
        }
        let toSlow = GatewayWorld.okHttp(GatewayWorld.message("f", namespace: "slow"))
        var clients: [WireClient] = []
        // Three places and three in line: the others have one of each for sure.
        for _ in 1...6 {
            let client = try await world.client()
            try await client.send(toSlow)
            clients.append(client)
        }
        try await eventually("the line to be full") {
            await world.gateway.figures().contains(#"statefun_gateway_in_line{endpoint="slow/*"} 3"#)
        }
        let refused = try await world.client().ask(toSlow)
        #expect(refused.status == 503)
        #expect(refused.fields["retry-after"] == "1")
        #expect(refused.fields["connection"] == nil)
        let served = try await world.client().ask(message)
        #expect(served.status == 200)
        #expect(slow.connectionCount == 3)
        for client in clients { await client.close() }
        try await eventually("the calls of clients that have gone to end") {
            await world.gateway.figures().contains(#"statefun_gateway_in_flight{endpoint="slow/*"} 0"#)
        }
        await world.stop()
    }

    @Test("where no call may wait, the refusal says so")
    func nobodyWaits() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        let world = try await GatewayWorld(slow: slow, fast: slow) {
            $0.maxInFlight = 1
            $0.maxWaiting = 0
        }
        let client = try await world.client()
        try await client.send(message)
        try await eventually("the call to be in flight") {
            await world.gateway.figures().contains(#"statefun_gateway_in_flight{endpoint="com.example/*"} 1"#)
        }
        let refused = try await world.client().ask(message)
        #expect(refused.status == 503)
        #expect(refused.text.contains("none may wait"))
        await client.close()
        await world.stop()
    }

    @Test("a call that has waited too long in line is refused, and its client may ask again")
    func waiting() async throws {
        let slow = try await RawServer.start(.tcp, [.readRequest])
        let fast = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: slow, fast: fast, isClocked: true) {
            $0.maxInFlightPerEndpoint = 1
            $0.waitLimit = .seconds(10)
        }
        let toSlow = GatewayWorld.okHttp(GatewayWorld.message("f", namespace: "slow"))
        let first = try await world.client()
        try await first.send(toSlow)
        try await eventually("the first call") {
            await world.gateway.figures().contains(#"statefun_gateway_in_flight{endpoint="slow/*"} 1"#)
        }
        let second = try await world.client()
        try await second.send(toSlow)
        try await eventually("the second call") {
            await world.gateway.figures().contains(#"statefun_gateway_in_line{endpoint="slow/*"} 1"#)
        }
        try await world.clock?.advanceWhenDue(by: .seconds(10))
        let answer = try await second.answer()
        #expect(answer.status == 503)
        #expect(answer.text == "the call for slow/* has waited 10 s in line for others to end\n")
        #expect(try await second.ask(message).status == 200)
        await first.close()
        await second.close()
        await world.stop()
    }

    @Test("a client that sends too slowly is told so, and one that sends nothing is left")
    func slowClients() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: server, fast: server, isClocked: true) {
            $0.transferLimit = .seconds(60)
            $0.idleLimit = .seconds(300)
        }
        let clock = try #require(world.clock)
        let idle = try await world.client()
        let slow = try await world.client()
        try await slow.send(Array(message.dropLast()))
        try await clock.catchUp()
        try await clock.advance(by: .seconds(60))
        #expect(try await slow.answer().status == 408)
        try await slow.ended()
        #expect(idle.received.isEmpty)
        try await clock.advance(by: .seconds(240))
        try await idle.ended()
        #expect(server.connectionCount == 0)
        await idle.close()
        await slow.close()
        await world.stop()
    }

    @Test("the log tells each kind of request that is for no endpoint, whatever other kinds there are")
    func kindsInTheLog() async throws {
        let server = try await RawServer.start(.tcp, [])
        let world = try await GatewayWorld(slow: server, fast: server) { _ in }
        for _ in 1...2 {
            let client = try await world.client()
            try await client.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(try await client.answer().status == 405)
            await client.close()
            let unknown = GatewayWorld.okHttp(GatewayWorld.message("f", namespace: "unknown"))
            #expect(try await world.client().ask(unknown).status == 404)
        }
        let told = world.log.entries.filter { $0.message == "a request cannot be passed on" }.map(\.text)
        #expect(told.count == 2)
        #expect(told.first?.contains("POST only") == true)
        #expect(told.last?.contains("unknown/f") == true)
        await world.stop()
    }

    @Test("a client that is too slow with a message is not told of as a failure of its endpoint")
    func slowMessage() async throws {
        let server = try await RawServer.start(.tcp, [])
        let world = try await GatewayWorld(slow: server, fast: server, isClocked: true) { $0.transferLimit = .seconds(60) }
        let clock = try #require(world.clock)
        let client = try await world.client()
        let whole = GatewayWorld.okHttp(GatewayWorld.message("f", .string(String(repeating: "x", count: 1_000))))
        try await client.send(Array(whole.dropLast()))
        try await clock.catchUp()
        try await clock.advance(by: .seconds(60))
        #expect(try await client.answer().status == 408)
        #expect(world.log.entries.map(\.message) == ["a request cannot be passed on"])
        #expect(await world.gateway.figures().contains(#"statefun_gateway_refused_total{endpoint="",status="408"} 1"#))
        await client.close()
        await world.stop()
    }

    @Test("further connections than allowed wait for one to close")
    func connections() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(), .readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: server, fast: server) { $0.maxConnections = 2 }
        var clients: [WireClient] = []
        for _ in 1...2 { clients.append(try await world.client()) }
        #expect(try await clients[0].ask(message).status == 200)
        try await eventually("both connections") { await world.gateway.figures().contains("statefun_gateway_clients 2") }
        let third = try await world.client()
        try await third.send(message)
        #expect(await world.gateway.figures().contains("statefun_gateway_clients 2"))
        await clients[1].close()
        #expect(try await third.answer().status == 200)
        await clients[0].close()
        await third.close()
        await world.stop()
    }

    @Test("at one address no more connections are taken than have closed, however many wait")
    func connectionsInLine() async throws {
        let server = try await RawServer.start(.tcp, scripts: Array(repeating: [.readRequest, .sendResult()], count: 8))
        let world = try await GatewayWorld(slow: server, fast: server) { $0.maxConnections = 2 }
        var clients: [WireClient] = []
        for _ in 1...2 { clients.append(try await world.client()) }
        try await eventually("both connections") { await world.gateway.figures().contains("statefun_gateway_clients 2") }
        for _ in 1...6 { clients.append(try await world.client()) }
        try await clients[2].send(message)
        await clients[0].close()
        #expect(try await clients[2].answer().status == 200)
        #expect(await world.gateway.figures().contains("statefun_gateway_clients 2"))
        for client in clients { await client.close() }
        await world.stop()
    }

    @Test("a call whose client has gone is ended, and the function's connection is closed")
    func clientGone() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let world = try await GatewayWorld(slow: server, fast: server) { _ in }
        let client = try await world.client()
        try await client.send(message)
        let connection = try await server.connection()
        try await connection.received(count: 10)
        await client.close()
        try await connection.closed()
        try await eventually("the call to end") {
            await world.gateway.figures().contains(#"statefun_gateway_in_flight{endpoint="com.example/*"} 0"#)
        }
        #expect(world.log.entries.isEmpty)
        await world.stop()
    }

    // MARK: - Stopping

    @Test("while it stops, calls in flight are answered, further requests are refused, and the socket goes away")
    func draining() async throws {
        let gate = Gate()
        let server = try await RawServer.start(.tcp, [.readRequest, .wait(gate), .sendResult([7])])
        let world = try await GatewayWorld(slow: server, fast: server) { _ in }
        let client = try await world.client()
        let other = try await world.client()
        try await client.send(message)
        try await server.connection().received(count: 10)
        let stopping = Task { await world.gateway.stop(drainingFor: .seconds(60)) }
        try await eventually("the socket to go away") { !FileManager.default.fileExists(atPath: world.socketPath) }
        #expect(await world.gateway.readiness() == .notReady("the gateway is stopping"))
        let refused = try await other.ask(message)
        #expect(refused.status == 503)
        #expect(refused.fields["connection"] == "close")
        gate.open()
        let answer = try await client.answer()
        #expect(answer.body == [7])
        #expect(answer.fields["connection"] == "close")
        await client.close()
        await other.close()
        await stopping.value
        #expect(server.connectionCount == 1)
    }

    @Test("when the time to stop is over, calls that go on are answered with 503")
    func cutOff() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest])
        let world = try await GatewayWorld(slow: server, fast: server) { _ in }
        let client = try await world.client()
        try await client.send(message)
        try await server.connection().received(count: 10)
        async let stopped: Void = world.gateway.stop(drainingFor: .zero)
        #expect(try await client.answer().status == 503)
        await client.close()
        await stopped
    }

    @Test("a socket that was left behind is replaced, and one that is used or no socket is refused")
    func sockets() async throws {
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
        let world = try await GatewayWorld(slow: server, fast: server) { _ in }
        let attributes = try FileManager.default.attributesOfItem(atPath: world.socketPath)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let other = try await GatewayWorld(slow: server, fast: server) { _ in }
        await #expect(throws: (any Error).self) { _ = try await other.gateway.start(at: [.socket(path: world.socketPath)]) }
        let client = try await WireClient(to: world.socket)
        #expect(try await client.ask(message).status == 200)
        await client.close()
        let folder = try TemporaryDirectory()
        let file = try folder.write("text", to: "file.sock")
        await #expect(throws: (any Error).self) { _ = try await other.gateway.start(at: [.socket(path: file)]) }
        // What a program that was killed leaves behind.
        let left = folder.file("left.sock")
        try await Self.leaveSocket(at: left)
        #expect(try await other.gateway.start(at: [.socket(path: left)], mode: 0o660) == ["http+unix://\(left)"])
        #expect(try FileManager.default.attributesOfItem(atPath: left)[.posixPermissions] as? Int == 0o660)
        await other.stop()
        #expect(!FileManager.default.fileExists(atPath: left))
        await world.stop()
    }

    private static func leaveSocket(at path: String) async throws {
        let script = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\(path)')"
        let outcome = try await ChildProcess.run(try RepositoryLayout.python(), ["-c", script])
        #expect(outcome.status == 0)
    }

    // MARK: - Another module file

    @Test("under load, another module file is taken over without one lost or doubled answer")
    func reload() async throws {
        let first = try await RawServer.start(.tcp, Array(repeating: [.readRequest, .sendResult([1])], count: 2_000).flatMap { $0 })
        let second = try await RawServer.start(.tcp, Array(repeating: [.readRequest, .sendResult([2])], count: 2_000).flatMap { $0 })
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(first.port)/"))
        let count = 200
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let client = try await world.client()
                    var answers: [UInt8] = []
                    for _ in 0..<count {
                        let answer = try await client.ask(message)
                        #expect(answer.status == 200)
                        answers += answer.body
                    }
                    await client.close()
                    return answers
                }
            }
            for turn in 1...10 {
                let server = turn % 2 == 0 ? first : second
                try world.replace(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
                try await eventually("some calls by the new file") {
                    let figures = await world.gateway.figures()
                    return figures.contains("statefun_gateway_calls_total") && server.connectionCount > 0
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.count == count })
        let requests = (first.connections + second.connections).reduce(0) {
            $0 + $1.receivedText.components(separatedBy: "POST ").count - 1
        }
        #expect(requests == 8 * count)
        await world.stop()
        try await first.allClosed()
        try await second.allClosed()
    }

    @Test(
        "changed certificates are taken over with the module file, and a call that goes on is not dropped",
        arguments: ["async", "okhttp"]
    )
    func certificates(transport: String) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let trusted = folder.file("trusted.pem")
        func trust(_ authority: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: authority)).write(to: URL(fileURLWithPath: trusted), options: .atomic)
        }
        try trust(certificates.authority)
        let gate = Gate()
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readRequest, .wait(gate), .sendResult([1])], [.readRequest], [.readRequest, .sendResult([2])]],
            tls: certificates.server(.localhost)
        )
        let yaml = GatewayWorld.endpoint(
            "com.example/*",
            "https://localhost:\(server.port)/",
            transport: transport,
            (transport == "okhttp" ? "timeouts: {call: 30s, read: 30s}" : "call: 30s") + "\n    trust_cacerts: \(trusted)"
        )
        let world = try await GatewayWorld(yaml)
        let waiting = try await world.client()
        try await waiting.send(message)
        try await server.connection().received(count: 10)
        // Nobody whom this authority knows is there.
        try trust(certificates.clientAuthority)
        try world.replace(yaml)
        let refused = try await world.client().ask(message)
        #expect(refused.status == 502)
        #expect(refused.text.contains("certificate"))
        try trust(certificates.authority)
        try world.replace(yaml)
        #expect(try await world.client().ask(message).body == [2])
        gate.open()
        let answer = try await waiting.answer()
        #expect(answer.status == 200)
        #expect(answer.body == [1])
        await waiting.close()
        await world.stop()
        try await server.allClosed()
    }

    @Test("a call that goes on ends as it began, by the file that was in use then")
    func reloadInFlight() async throws {
        let gate = Gate()
        let old = try await RawServer.start(.tcp, [.readRequest, .wait(gate), .sendResult([1])])
        let new = try await RawServer.start(.tcp, [.readRequest, .sendResult([2])])
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(old.port)/"))
        let waiting = try await world.client()
        try await waiting.send(message)
        try await old.connection().received(count: 10)
        try world.replace(GatewayWorld.endpoint("com.example/f", "http://127.0.0.1:\(new.port)/"))
        #expect(try await world.client().ask(message).body == [2])
        gate.open()
        #expect(try await waiting.answer().body == [1])
        await waiting.close()
        try await old.allClosed()
        await world.stop()
    }
}
