import RequestReply
import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// Clients that all send long messages at once: what is received of them when, on real sockets.
@Suite struct LongMessageTests {
    private static let clientCount = 60
    /// How many of the messages fill what may be received beside what has not been answered.
    private static let atATime = 21

    /// A gateway whose time stands still, with clients that are named by numbers.
    private struct World {
        let calls = HeldCalls()
        let gateway: GatewayWorld
        private(set) var clients: [WireClient] = []

        init(onSocket: Bool = false, _ change: (inout GatewayOptions) -> Void = { _ in }) async throws {
            var options = GatewayOptions()
            change(&options)
            gateway = try await GatewayWorld(calls.endpoint, options: options, isClocked: true, others: [calls])
            for _ in 0..<LongMessageTests.clientCount {
                clients.append(try await WireClient(to: onSocket ? gateway.socket : gateway.port))
            }
        }

        /// 100 KB that only this message is made of.
        static func message(_ id: Int, _ character: Character = "a") -> [UInt8] {
            GatewayWorld.message("f", id: "\(id)", .string("\(id)" + String(repeating: character, count: 100_000)))
        }

        /// Everybody sends a message, in no order.
        func sendAll(_ character: Character = "a") async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (id, client) in clients.enumerated() {
                    group.addTask { try await client.send(GatewayWorld.okHttp(Self.message(id, character))) }
                }
                try await group.waitForAll()
            }
        }

        /// Everybody sends a message, and as many are received as there is room for.
        func fill() async throws {
            try await sendAll()
            try await received(LongMessageTests.atATime, inLine: LongMessageTests.clientCount - LongMessageTests.atATime)
        }

        /// Waits until so many messages have been received in all, and so many wait in line.
        func received(_ count: Int, inLine: Int) async throws {
            try await eventually("\(count) messages, and \(inLine) in line") {
                guard calls.begun.count == count else { return false }
                return await figure("in_line") == "\(inLine)"
            }
        }

        func figure(_ name: String) async -> String? {
            let start = #"statefun_gateway_\#(name){endpoint="com.example/*"} "#
            return await gateway.gateway.figures().split(separator: "\n").first { $0.hasPrefix(start) }.map {
                String($0.dropFirst(start.count))
            }
        }

        /// Has these calls end, one after the other, as they come.
        func end(_ numbers: Range<Int>, _ character: Character = "a") async throws {
            for number in numbers {
                try await eventually("call \(number)") { calls.begun.count > number }
                let id = calls.begun[number]
                #expect(calls.payload(id) == Int(id).map { Self.message($0, character) })
                calls.end(id)
            }
        }

        /// Everybody sends a message and gets its answer, so many times.
        func rounds(_ count: Int) async throws {
            for round in 0..<count {
                try await sendAll()
                try await end(round * LongMessageTests.clientCount..<(round + 1) * LongMessageTests.clientCount)
                try await expectAnswers()
            }
        }

        func expectAnswers(_ status: Int = 200) async throws {
            for client in clients { #expect(try await client.answer().status == status) }
        }

        func stop() async {
            for client in clients { await client.close() }
            await gateway.stop()
        }
    }

    @Test("only some are received, the others stay with the system and come one by one as calls end", arguments: [false, true])
    func inTurn(onSocket: Bool) async throws {
        let world = try await World(onSocket: onSocket)
        try await world.fill()
        let buffered = world.gateway.gateway.core.bufferedBytes
        #expect(buffered < (2 << 20) + 200_000)
        try await world.end(0..<Self.clientCount)
        try await world.expectAnswers()
        #expect(world.gateway.gateway.core.bufferedBytes == 0)
        await world.stop()
    }

    @Test("clients whose last messages were long get in line before anything of the next one is read", arguments: [false, true])
    func inTurnAgain(onSocket: Bool) async throws {
        let world = try await World(onSocket: onSocket)
        for (round, character) in "abcdef".enumerated() {
            try await world.sendAll(character)
            try await eventually("calls of round \(round)") { world.calls.begun.count >= round * Self.clientCount + Self.atATime }
            #expect(world.gateway.gateway.core.bufferedBytes < (2 << 20) + 200_000)
            try await world.end(round * Self.clientCount..<(round + 1) * Self.clientCount, character)
            try await world.expectAnswers()
        }
        await world.stop()
    }

    @Test("beside calls that take their time the others are received as well, as time goes by")
    func slowCalls() async throws {
        let world = try await World()
        try await world.fill()
        try await world.gateway.clock?.advance(by: .milliseconds(50))
        try await eventually("more of them") { world.calls.begun.count > Self.atATime + 10 }
        try await world.gateway.clock?.advance(by: .milliseconds(100))
        try await world.received(Self.clientCount, inLine: 0)
        #expect(await world.figure("in_flight") == "\(Self.clientCount)")
        try await world.end(0..<Self.clientCount)
        try await world.expectAnswers()
        await world.stop()
    }

    @Test("a client that goes while its message waits leaves the line, and takes nobody's turn")
    func gone() async throws {
        let world = try await World()
        try await world.fill()
        let served = Set(world.calls.begun)
        for (id, client) in world.clients.enumerated() where !served.contains("\(id)") { await client.close() }
        try await eventually("the line to be empty") { await world.figure("in_line") == "0" }
        for id in served { world.calls.end(id) }
        for id in served.compactMap(Int.init) { #expect(try await world.clients[id].answer().status == 200) }
        #expect(world.calls.begun.count == Self.atATime)
        await world.stop()
    }

    @Test("a message that has waited too long for its turn is refused")
    func waitsTooLong() async throws {
        let world = try await World { $0.waitLimit = .microseconds(100) }
        try await world.fill()
        let served = Set(world.calls.begun)
        try await world.gateway.clock?.advance(by: .microseconds(100))
        for (id, client) in world.clients.enumerated() where !served.contains("\(id)") {
            let answer = try await client.answer()
            #expect(answer.status == 503)
            #expect(answer.fields["retry-after"] == "1")
            #expect(answer.fields["connection"] == "close")
        }
        #expect(await world.figure("in_line") == "0")
        for id in served { world.calls.end(id) }
        await world.stop()
    }

    @Test("where nobody may wait in line, all are received at once")
    func noLine() async throws {
        let world = try await World { $0.maxWaiting = 0 }
        try await world.sendAll()
        try await eventually("all to be in flight") { await world.figure("in_flight") == "\(Self.clientCount)" }
        #expect(await world.figure("in_line") == "0")
        try await world.end(0..<Self.clientCount)
        try await world.expectAnswers()
        await world.stop()
    }

    @Test("a gateway that stops still receives the messages that wait, and answers them")
    func stopping() async throws {
        let world = try await World()
        try await world.fill()
        async let stopped: Void = world.gateway.stop()
        try await eventually("the gateway to stop") { world.gateway.gateway.core.isStopping }
        try await world.end(0..<Self.clientCount)
        for client in world.clients {
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.fields["connection"] == "close")
            await client.close()
        }
        await stopped
    }

    @Test("who is in line with a message that has not been read when the gateway stops is told so")
    func stoppingUnread() async throws {
        let world = try await World()
        try await world.rounds(3)
        let start = 3 * Self.clientCount
        try await world.sendAll()
        try await world.received(start + Self.atATime, inLine: Self.clientCount - Self.atATime)
        try await world.end(start..<start + Self.atATime)
        // Beside these everybody had to wait, so nothing was read behind them.
        let again = start + Self.atATime..<start + Self.atATime + 10
        for number in again {
            try await world.end(number..<number + 1)
            let id = try #require(Int(world.calls.begun[number]))
            #expect(try await world.clients[id].answer().status == 200)
            try await world.clients[id].send(GatewayWorld.okHttp(World.message(id, "b")))
        }
        let count = 2 * Self.atATime + again.count
        try await world.received(start + count, inLine: Self.clientCount - count)
        try await world.gateway.clock?.catchUp()
        async let stopped: Void = world.gateway.stop()
        try await eventually("the gateway to stop") { world.gateway.gateway.core.isStopping }
        try await world.end(again.upperBound..<start + Self.clientCount)
        let unread = world.calls.begun[again].compactMap(Int.init)
        for (id, client) in world.clients.enumerated() {
            #expect(try await client.answer().status == (unread.contains(id) ? 503 : 200))
            await client.close()
        }
        #expect(world.calls.begun.count == start + Self.clientCount)
        await stopped
    }

    @Test("of a message that has not come whole when it has its turn the rest is received as it comes, or it is refused for being slow")
    func slowClient() async throws {
        let world = try await World()
        try await world.fill()
        var slow: [WireClient] = []
        let request = GatewayWorld.okHttp(World.message(100))
        for _ in 0..<2 {
            let client = try await WireClient(to: world.gateway.port)
            try await client.send(Array(request.prefix(50_000)))
            slow.append(client)
        }
        let line = Self.clientCount - Self.atATime
        try await world.received(Self.atATime, inLine: line + 2)
        try await world.end(0..<Self.clientCount)
        try await world.expectAnswers()
        #expect(await world.figure("in_line") == "0")
        try await slow[0].send(Array(request.dropFirst(50_000)))
        try await world.received(Self.clientCount + 1, inLine: 0)
        world.calls.end("100")
        #expect(try await slow[0].answer().status == 200)
        try await world.gateway.clock?.advanceWhenDue(by: .seconds(60))
        #expect(try await slow[1].answer().status == 408)
        for client in slow { await client.close() }
        await world.stop()
    }

    @Test("the beginning of a message that was sent ahead stays in front of what follows it", arguments: [false, true])
    func sentAhead(onSocket: Bool) async throws {
        let world = try await World(onSocket: onSocket)
        let client = try await WireClient(to: onSocket ? world.gateway.socket : world.gateway.port)
        // Its call goes on when the others come, so something is read behind it.
        let rest = GatewayWorld.okHttp(World.message(101))
        try await client.send(GatewayWorld.okHttp(GatewayWorld.message("f", id: "100")) + rest.prefix(5_000))
        try await eventually("the first call") { world.calls.begun == ["100"] }
        try await world.gateway.clock?.catchUp()
        try await world.sendAll()
        try await world.received(1 + Self.atATime, inLine: Self.clientCount - Self.atATime)
        world.calls.end("100")
        #expect(try await client.answer().status == 200)
        try await client.send(Array(rest[5_000..<30_000]))
        try await world.gateway.clock?.catchUp()
        try await client.send(Array(rest[30_000...]) + GatewayWorld.okHttp(World.message(102)))
        try await world.end(1..<Self.clientCount + 3)
        for _ in 0..<2 { #expect(try await client.answer().status == 200) }
        try await world.expectAnswers()
        await client.close()
        await world.stop()
    }

    @Test("a short message does not wait behind long ones, but for a moment where these have been many", arguments: [1, 4])
    func shortBehindLong(count: Int) async throws {
        let world = try await World()
        try await world.rounds(count - 1)
        let start = (count - 1) * Self.clientCount
        try await world.sendAll()
        try await world.received(start + Self.atATime, inLine: Self.clientCount - Self.atATime)
        try await world.end(start..<start + Self.atATime + 1)
        let id = try #require(Int(world.calls.begun[start + Self.atATime]))
        #expect(try await world.clients[id].answer().status == 200)
        try await world.clients[id].send(GatewayWorld.okHttp(GatewayWorld.message("f", id: "short")))
        if count > 1 {
            try await world.gateway.clock?.catchUp()
            #expect(!world.calls.begun.contains("short"))
            try await world.gateway.clock?.advance(by: .milliseconds(101))
        }
        try await eventually("the short message") { world.calls.begun.contains("short") }
        world.calls.end("short")
        #expect(try await world.clients[id].answer().status == 200)
        await world.stop()
    }

    @Test("what a message has waited for its turn counts towards what its call may wait in line")
    func waitsOnce() async throws {
        let world = try await World {
            $0.waitLimit = .microseconds(150)
            $0.maxInFlight = 5
        }
        try await world.sendAll()
        try await world.received(5, inLine: Self.clientCount - 5)
        try await world.gateway.clock?.advance(by: .microseconds(100))
        // One more is received then, and waits for a place.
        try await world.end(0..<1)
        try await world.received(6, inLine: Self.clientCount - 6)
        try await world.gateway.clock?.advance(by: .microseconds(50))
        #expect(await world.figure("in_line") == "0")
        let served = Set(world.calls.begun)
        for (id, client) in world.clients.enumerated() where !served.contains("\(id)") {
            #expect(try await client.answer().status == 503)
        }
        await world.stop()
    }

    @Test("requests that a client sends ahead are answered in their order, whatever has to wait")
    func pipelined() async throws {
        let world = try await World()
        try await world.fill()
        let client = try await WireClient(to: world.gateway.port)
        let requests = [World.message(100), GatewayWorld.message("f", id: "101"), World.message(102)].flatMap { GatewayWorld.okHttp($0) }
        try await client.send(requests)
        let count = Self.clientCount + 3
        for number in 0..<count {
            try await eventually("call \(number)") { world.calls.begun.count > number }
            world.calls.end(world.calls.begun[number])
        }
        for _ in 0..<3 { #expect(try await client.answer().status == 200) }
        #expect(world.calls.begun.filter { $0.count == 3 } == ["100", "101", "102"])
        try await world.expectAnswers()
        await client.close()
        await world.stop()
    }
}
