import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// Clients and functions that misbehave, both at once, and others between them that do not.
@Suite struct MisbehaviourTests {
    private let good = GatewayWorld.okHttp(GatewayWorld.message("f"))

    /// What a client may do wrong; none of it is answered with a call of a function that works.
    private static func misbehave(_ index: Int, _ client: WireClient, _ toBad: [UInt8], _ good: [UInt8]) async throws {
        switch index % 9 {
        case 0: break
        case 1: try await client.send(Array(toBad.prefix(30)))
        case 2: try await client.send(Array(toBad.dropLast()))
        case 3: try await client.send("\u{16}\u{3}\u{1} no HTTP at all\r\n\r\n")
        case 4:
            try await client.send(toBad)
            try await client.closeOutput()
        case 5: try await client.send(toBad + toBad + toBad)
        case 6:
            try await client.stopReading()
            try await client.send((0..<20).flatMap { _ in toBad })
        case 7: try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
        default: try await client.send(toBad + Array("garbage".utf8) + good)
        }
    }

    @Test("whatever clients and functions do, others are served, and nothing is left behind", arguments: 0..<4)
    func both(part: Int) async throws {
        let working = try await RawServer.start(.tcp, Array(repeating: [.readRequest, .sendResult([7])], count: 200).flatMap { $0 })
        var yaml = GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(working.port)/", "call: 60s")
        let misdeeds = Misdeed.all.enumerated().filter { $0.offset % 4 == part }.map(\.element)
        var servers: [RawServer] = []
        for (index, misdeed) in misdeeds.enumerated() {
            let server = try await RawServer.start(.tcp, scripts: try PeerScript(parsing: misdeed.script, file: misdeed.name).connections)
            servers.append(server)
            let transport = index % 2 == 0 ? "async" : "okhttp"
            let options = transport == "async" ? "call: 500ms" : "timeouts: {call: 500ms}"
            yaml += "---\n" + GatewayWorld.endpoint("bad\(index)/*", "http://127.0.0.1:\(server.port)/", transport: transport, options)
        }
        let world = try await GatewayWorld(yaml)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in misdeeds.indices {
                let toBad = GatewayWorld.netty(GatewayWorld.message("f", namespace: "bad\(index)"))
                for way in 0..<9 {
                    group.addTask {
                        let client = try await world.client()
                        // A connection that the gateway has closed cannot be sent on any more.
                        try? await Self.misbehave(way, client, toBad, good)
                        if way % 2 == 0 { await client.close() }
                    }
                }
                group.addTask {
                    let client = try await world.client()
                    let answer = try await client.ask(toBad)
                    #expect([200, 422, 502, 503, 504].contains(answer.status), "\(misdeeds[index].name): \(answer.status)")
                    await client.close()
                }
            }
            group.addTask {
                let client = try await world.client()
                for _ in 1...100 {
                    #expect(try await client.ask(good).body == [7])
                }
                await client.close()
            }
            try await group.waitForAll()
        }
        await world.stop()
        let figures = await world.gateway.figures()
        for line in figures.split(separator: "\n")
        where line.hasPrefix("statefun_gateway_in_") || line.hasPrefix("statefun_gateway_buffered") {
            #expect(line.hasSuffix(" 0"), "\(line)")
        }
        #expect(figures.contains("statefun_gateway_clients 0\n"))
        for server in servers + [working] {
            try await server.allClosed()
        }
    }

    @Test("while it stops under load, every call that a function has heard of is answered, once")
    func draining() async throws {
        let server = try await RawServer.start(.tcp, Array(repeating: [.readRequest, .sendResult([7])], count: 20_000).flatMap { $0 })
        let world = try await GatewayWorld(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:\(server.port)/"))
        let underWay = Gate()
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let client = try await world.client()
                    var answered = 0
                    while true {
                        // After the last answer the connection ends, at the latest when nothing is left to be done.
                        guard let answer = try? await client.ask(good) else { break }
                        guard answer.status == 200 else {
                            #expect(answer.status == 503)
                            break
                        }
                        answered += 1
                        if answered == 50 { underWay.open() }
                        if answer.fields["connection"] == "close" { break }
                    }
                    await client.close()
                    return answered
                }
            }
            try await underWay.opened()
            await world.stop()
            return try await group.reduce(0, +)
        }
        let heard = server.connections.reduce(0) { $0 + $1.receivedText.ranges(of: "POST ").count }
        #expect(answered == heard)
        #expect(answered > 50)
    }
}
