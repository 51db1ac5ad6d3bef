import TestSupport
import Testing
import TransportCore

/// Answers over `payload_max_bytes`.
@Suite struct AnswerLimitTests {
    private static let octets = RawServer.Step.octets
    private static let limited = [Wiring.entry("payload_max_bytes", .scalar("1000"))]

    private static func coded(_ coding: String, _ body: [UInt8]) -> RawServer.Step {
        .respond("200 OK", [octets, "content-encoding: \(coding)"], body)
    }

    private static let large = [UInt8](repeating: 0x41, count: 1001)

    /// Each goes on behind what is over the limit, or never ends.
    private static let answers: [(RawServer.Step, String)] = [
        (.announced(1001, [0x41]), "the answer announces 1001 bytes, more than payload_max_bytes allows"),
        (
            .send(
                "HTTP/1.1 200 OK\r\n\(octets)\r\ntransfer-encoding: chunked\r\n\r\n1f4\r\n\(String(repeating: "x", count: 500))\r\n1f5\r\n"
            ),
            "the answer has more bytes than payload_max_bytes allows"
        ),
        (.send(Array("HTTP/1.1 200 OK\r\n\(octets)\r\n\r\n".utf8) + large), "the answer has more bytes than payload_max_bytes allows"),
        (coded("gzip", Deflated.gzip(large)), "more bytes when it is inflated than payload_max_bytes allows"),
        (coded("deflate", Deflated.zlib(large)), "more bytes when it is inflated than payload_max_bytes allows"),
        (coded("deflate", Deflated.raw(large)), "more bytes when it is inflated than payload_max_bytes allows"),
    ]

    @Test(
        "an answer over the limit is given up there, by its length, its chunks, its bytes and what it inflates to",
        arguments: Wiring.allCases,
        Array(answers.indices)
    )
    func over(wiring: Wiring, index: Int) async throws {
        let (answer, words) = Self.answers[index]
        let world = TransportWorld(wiring)
        let server = try await RawServer.start(.tcp, scripts: [[.readRequest, answer], [.readRequest, .sendResult([0x41])]])
        let client = try world.client(server, Self.limited)
        let failure = await world.failure(client)
        #expect(failure?.kind == .responseTooLarge)
        #expect(failure?.attemptCount == 1)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "answered")")
        #expect(failure?.message.hasSuffix(", 1000 (module.yaml:1:1)") == true)
        try await server.connection(0).closed()
        #expect(try await world.answer(client) == "A")
        #expect(server.connectionCount == 2)
        try await world.finish(server)
    }

    @Test("an answer of exactly the limit is read", arguments: Wiring.allCases, Road.allCases)
    func exact(wiring: Wiring, road: Road) async throws {
        let world = TransportWorld(wiring)
        let whole = Array(Self.large.dropLast())
        let answers: [RawServer.Step] = [
            .sendResult(whole), .chunked([Array(whole.prefix(1)), Array(whole.dropFirst())]), Self.coded("gzip", Deflated.gzip(whole)),
        ]
        let peer = try await RoadPeer(road, answers.flatMap { [.readRequest, $0] })
        let client = try peer.client(world, Self.limited)
        for _ in answers {
            #expect(try await world.answer(client).utf8.count == 1000)
        }
        #expect(peer.server.connectionCount == 1)
        try await world.finish(peer.server)
    }

    #if os(Linux)
        // In a process of its own, where nothing else takes memory meanwhile.
        @Test("a gigabyte of zeros in a megabyte takes no more memory than the limit allows")
        func bomb() async {
            await #expect(processExitsWith: .success) {
                let member = Deflated.gzip([UInt8](repeating: 0, count: 16 << 20))
                // A gzip body may have several members: these are a gigabyte together.
                let body = Array(repeating: member, count: 64).flatMap { $0 }
                try #require(body.count < 1 << 20)
                for wiring in Wiring.allCases {
                    let world = TransportWorld(wiring)
                    let server = try await RawServer.start(.tcp, [.readRequest, AnswerLimitTests.coded("gzip", body)])
                    let client = try world.client(server, [Wiring.entry("payload_max_bytes", .scalar("\(1 << 20)"))])
                    let before = try residentBytes()
                    for _ in 0..<8 {
                        let failure = await world.failure(client)
                        #expect(failure?.kind == .responseTooLarge)
                    }
                    let growth = try residentBytes() - before
                    #expect(growth < 32 << 20)
                    try await world.finish(server)
                }
            }
        }
    #endif
}

#if os(Linux)
    /// The memory that this process has, in bytes (the second number of `/proc/self/statm`, in pages of 4 KiB).
    private func residentBytes() throws -> Int {
        let text = String(decoding: try FileBytes.read("/proc/self/statm", atMost: 4096), as: UTF8.self)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
#endif
