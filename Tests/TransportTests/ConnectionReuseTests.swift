import NIOCore
import PoolManager
import TestSupport
import Testing
import TransportCore

/// Who gets which connection, and which one is never used again.
@Suite struct ConnectionReuseTests {
    @Test("calls one after the other share a connection, also of two clients", arguments: Wiring.allCases)
    func reuse(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, (0..<4).flatMap { [.readRequest, .sendResult([0x41 + $0])] })
        let clients = try ["/a", "/b"].map { try world.client("http://127.0.0.1:\(server.port)\($0)", spec: wiring.spec()) }
        for (index, answer) in ["A", "B", "C", "D"].enumerated() {
            #expect(try await world.answer(clients[index % 2]) == answer)
        }
        #expect(server.connectionCount == 1)
        #expect(await world.pools.figures().values.map(\.idle) == [1])
        try await world.finish(server)
    }

    @Test("other TLS settings mean other connections, the same ones share", arguments: Wiring.allCases)
    func settings(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let copy = try folder.write(
            String(decoding: FileBytes.read(certificates.authority, atMost: 1 << 20), as: UTF8.self),
            to: "copy.pem"
        )
        let script = (0..<2).flatMap { _ in [RawServer.Step.readRequest, .sendResult()] }
        let server = try await RawServer.start(.tcp, script, tls: certificates.server(.localhost))
        for (trust, count) in [(certificates.authority, 1), (certificates.authority, 1), (copy, 2), (copy, 2)] {
            let spec = wiring.spec(other: ["trust_cacerts: \(trust)"])
            _ = try await world.answer(try world.client("https://127.0.0.1:\(server.port)/", spec: spec))
            #expect(server.connectionCount == count)
        }
        try await world.finish(server)
    }

    @Test("two sockets never share, and neither do two ports", arguments: Wiring.allCases, [true, false])
    func origins(wiring: Wiring, isUnix: Bool) async throws {
        let world = TransportWorld(wiring)
        let folder = try TemporaryDirectory()
        var servers: [RawServer] = []
        var clients: [any RequestReplyClient] = []
        for (name, answer) in [("a.sock", UInt8(0x41)), ("b.sock", 0x42)] {
            let script: [RawServer.Step] = [.readRequest, .sendResult([answer]), .readRequest, .sendResult([answer])]
            let server = try await RawServer.start(isUnix ? .unix(path: folder.file(name)) : .tcp, script)
            servers.append(server)
            let url = isUnix ? "http+unix://\(folder.file(name))/" : "http://127.0.0.1:\(server.port)/"
            clients.append(try world.client(url, spec: wiring.spec()))
        }
        for _ in 0..<2 {
            #expect(try await world.answer(clients[0]) == "A")
            #expect(try await world.answer(clients[1]) == "B")
        }
        #expect(servers.map(\.connectionCount) == [1, 1])
        try await world.finish(servers[0], servers[1])
    }

    @Test("who waits for one of pool_size connections is served in the order of coming", arguments: [1, 2])
    func line(size: Int) async throws {
        let world = TransportWorld(.async)
        let answers = (0..<6).map { _ in Gate() }
        let asked = (0..<6).map { _ in Gate() }
        let script = { (first: Int) in
            stride(from: first, to: 6, by: size).flatMap { index in
                [RawServer.Step.readRequest, .reached(asked[index]), .wait(answers[index]), .sendResult([0x30 + UInt8(index)])]
            }
        }
        let server = try await RawServer.start(.tcp, scripts: (0..<size).map(script))
        let client = try world.client(server, spec: Wiring.async.spec(other: ["pool_size: \(size)"]))
        var calls: [Task<Result<String, RequestReplyFailure>, Never>] = []
        for index in 0..<6 {
            calls.append(world.call(client, "body\(index)"))
            if index < size {
                try await asked[index].opened()
            } else {
                try await world.waiting(index - size + 1)
            }
        }
        #expect(server.connectionCount == size)
        for index in 0..<6 {
            try await asked[index].opened()
            answers[index].open()
            #expect(try await calls[index].value.get() == String(index))
        }
        for connection in 0..<size {
            let text = try await server.connection(connection).receivedText
            let bodies = text.split(separator: "body").dropFirst().compactMap { $0.first.map(String.init) }
            #expect(bodies == stride(from: connection, to: 6, by: size).map(String.init))
        }
        #expect(server.connectionCount == size)
        try await world.finish(server)
    }

    /// An exchange after which a connection is not used again, though the peer leaves it open.
    enum Spoiled: CaseIterable {
        case closeWasAnnounced
        case olderProtocol
        case cancelled
        case tooLong
        case notHTTP
        case tooManyBytes
        case secondAnswer
        case badChunks
        case endedByClose
        case timedOut

        var script: [RawServer.Step] {
            switch self {
            case .closeWasAnnounced: [.readRequest, .respond("200 OK", [RawServer.Step.octets, "connection: close"], [0x41])]
            case .olderProtocol: [.readRequest, .send("HTTP/1.0 200 OK\r\n\(RawServer.Step.octets)\r\ncontent-length: 1\r\n\r\nA")]
            case .cancelled, .timedOut: [.readRequest]
            case .tooLong: [.readRequest, .announced(33, [0x41])]
            case .notHTTP: [.readRequest, .garbage]
            case .tooManyBytes: [.readRequest, .announced(1, [0x41, 0x42])]
            case .secondAnswer:
                [
                    .readRequest,
                    .send("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\ncontent-length: 1\r\n\r\nX"),
                ]
            case .badChunks: [.readRequest, .chunked([[0x41]], fault: .sizeNotHex)]
            case .endedByClose: [.readRequest, .send("HTTP/1.1 200 OK\r\n\(RawServer.Step.octets)\r\n\r\nA"), .halfClose]
            }
        }

        var failure: RequestReplyFailure.Kind? {
            switch self {
            case .closeWasAnnounced, .olderProtocol, .tooManyBytes, .secondAnswer, .endedByClose: nil
            case .cancelled: .cancelled
            case .tooLong: .responseTooLarge
            case .notHTTP, .badChunks: .malformedResponse
            case .timedOut: .budgetSpent
            }
        }
    }

    @Test("a connection whose exchange did not end well, or that does not last, is closed", arguments: Wiring.allCases, Spoiled.allCases)
    func spoiled(wiring: Wiring, spoiled: Spoiled) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, scripts: [spoiled.script, [.readRequest, .sendResult([0x42])]])
        let client = try world.client(server, spec: wiring.spec("call: 3s", other: ["payload_max_bytes: 32"]))
        let call = world.call(client)
        try await server.connection().scriptEnded()
        if spoiled == .cancelled { call.cancel() }
        if spoiled == .timedOut { try await world.loop.advance(by: .seconds(3)) }
        if let kind = spoiled.failure {
            #expect(try await world.failure(call).kind == kind)
        } else {
            _ = try await call.value.get()
        }
        try await server.connection().closed()
        #expect(try await world.answer(client) == "B")
        #expect(server.connectionCount == 2)
        try await world.finish(server)
    }

    @Test("an answer that comes before the request was taken is the answer, and the connection is closed", arguments: Wiring.allCases)
    func early(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(
            .tcp,
            scripts: [[.readBytes(1), .stopReading, .sendResult([0x41])], [.readRequest, .sendResult([0x42])]]
        )
        let client = try world.client(server, spec: wiring.spec())
        #expect(try await world.answer(client, String(repeating: "0123456789abcdef", count: 1 << 20)) == "A")
        #expect(OpenDescriptors.sockets(connectedTo: server.port).isEmpty)
        #expect(try await world.answer(client) == "B")
        #expect(server.connectionCount == 2)
        try await world.finish()
    }

    @Test("after a shutdown no descriptor is left, whatever went on", arguments: Wiring.allCases)
    func shutdown(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let certificates = try await TestCertificates.shared()
        let idle = try await RawServer.start(.tcp, [.readRequest, .sendResult()], tls: certificates.server(.localhost))
        let busy = try await RawServer.start(.tcp, [.readRequest])
        let stalled = try await RawServer.start(.tcp, [.readTLSRecord])
        let swallowing = try await SwallowingServer.start()
        world.resolver.set("swallowed.example", .addresses([swallowing.address]))
        let spec = wiring.spec(other: ["trust_cacerts: \(certificates.authority)"])
        _ = try await world.answer(try world.client("https://127.0.0.1:\(idle.port)/", spec: spec))
        let calls = try ["http://127.0.0.1:\(busy.port)/", "https://127.0.0.1:\(stalled.port)/", "http://swallowed.example/"].map {
            world.call(try world.client($0, spec: spec))
        }
        try await busy.connection().scriptEnded()
        try await stalled.connection().scriptEnded()
        try await world.resolver.asked("swallowed.example")
        #expect(OpenDescriptors.sockets(connectedTo: idle.port).count == 1)
        #expect(OpenDescriptors.sockets(connectedTo: busy.port).count == 1)
        #expect(OpenDescriptors.sockets(connectedTo: stalled.port).count == 1)
        await world.factory.shutdown()
        for server in [idle, busy, stalled] {
            #expect(OpenDescriptors.sockets(connectedTo: server.port).isEmpty)
        }
        #expect(swallowing.attemptCount == 0)
        for call in calls {
            #expect(try await world.failure(call).kind == .shutDown)
        }
        try await world.finish(idle, busy, stalled)
    }
}
