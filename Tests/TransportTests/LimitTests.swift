import TestSupport
import Testing
import TransportCore

/// The limits of a call, over real sockets and with a clock that the test moves.
@Suite struct LimitTests {
    @Test("a peer that stays silent is given up after the read limit, and asked again within the call's time")
    func read() async throws {
        let world = TransportWorld(.blocking)
        let server = try await RawServer.start(.tcp, scripts: [[.readRequest], [.readRequest, .sendResult([0x41])]])
        let call = world.call(try world.client(server))
        try await server.connection().scriptEnded()
        try await world.loop.advance(by: .seconds(10))
        try await world.loop.advanceWhenDue(by: .milliseconds(10))
        #expect(try await call.value.get() == "A")
        #expect(world.metrics.attemptOutcomes == [.timedOut, nil])
        #expect(world.log.entries.first?.metadata["reason"]?.contains("the read limit of 10 s (default) passed") == true)
        try await world.finish(server)
    }

    @Test("a peer that stays silent for the whole call ends it exactly then", arguments: Wiring.allCases)
    func call(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, [.readRequest])
        let limit = Duration.seconds(wiring == .async ? 120 : 60)
        let start = world.loop.now
        let call = world.call(try world.client(server))
        if wiring == .async {
            try await server.connection().scriptEnded()
            try await world.loop.advance(by: limit)
        } else {
            // Each attempt ends at its read limit; what is left at the end is the call's.
            for index in 0..<6 {
                try await server.connection(index).scriptEnded()
                try await world.loop.advance(by: min(.seconds(10), world.loop.now.duration(to: start.advanced(by: limit))))
                if world.loop.now < start.advanced(by: limit) { try await world.loop.advanceWhenDue(by: .milliseconds(10 << index)) }
            }
        }
        let failure = try await world.failure(call)
        #expect(failure.kind == .budgetSpent)
        #expect(failure.elapsed == limit)
        #expect(
            failure.message.contains(
                "the call limit of \(wiring == .async ? "2 min" : "1 min") (default) passed while the answer was awaited"
            )
        )
        try await world.finish(server)
    }
}
