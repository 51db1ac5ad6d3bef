import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing
import TransportCore

@testable import PlaygroundIO

/// Clients that ask for much and read little.
@Suite struct SlowReadingTests {
    /// A connection whose requests are all answered at once, each with as many bytes.
    private struct World {
        let channel = NIOAsyncTestingChannel()
        let socket = FullSocket()
        let answered = NIOLockedValueBox(0)

        init(answerBytes: Int) async throws {
            let loop = channel.testingEventLoop
            let limits = ConnectionMachine.Limits(body: 100, idle: .seconds(60), transfer: .seconds(30), farewell: .seconds(2))
            try await loop.executeInContext { [channel, socket, answered] in
                let round = WriteRound { loop.execute($0) }
                let handler = ConnectionHandler(limits, inCrowd: limits, of: Crowd(limit: 10), headLimit: 100, in: round) { _, answer in
                    answered.withLockedValue { $0 += 1 }
                    answer(HTTPAnswer(.ok, body: ByteBuffer(repeating: 0x61, count: answerBytes)))
                    return .alone
                }
                try channel.pipeline.syncOperations.addHandlers([socket, handler])
            }
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        }

        func ask(_ count: Int) async throws {
            try await channel.testingEventLoop.executeInContext { [channel] in
                for _ in 0..<count {
                    channel.pipeline.fireChannelRead(
                        HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
                    )
                    channel.pipeline.fireChannelRead(HTTPServerRequestPart.end(nil))
                }
            }
            await channel.testingEventLoop.run()
        }

        func take() async throws -> Int? {
            let bytes = try await channel.testingEventLoop.executeInContext { [socket] in socket.take() }
            await channel.testingEventLoop.run()
            return bytes
        }

        var answers: Int { answered.withLockedValue { $0 } }
    }

    @Test("no further request begins while a megabyte of answers is not taken, and all are answered when it is")
    func unread() async throws {
        let world = try await World(answerBytes: 400_000)
        try await world.ask(10)
        #expect(world.answers == 3)
        let begun = world.socket.heldBytes
        #expect((1_200_000..<1_210_000).contains(begun))
        var taken = 0
        while let bytes = try await world.take() {
            taken += bytes
            #expect(world.socket.heldBytes < 1_500_000)
        }
        #expect(world.answers == 10)
        #expect(taken * 3 == begun * 10)
        _ = try? await world.channel.finish(acceptAlreadyClosed: true)
    }

    @Test("a client that reads slowly keeps its connection, and one that has stopped loses it")
    func slow() async throws {
        let world = try await World(answerBytes: 2_000_000)
        try await world.ask(1)
        for _ in 0..<5 {
            await world.channel.testingEventLoop.advanceTime(by: .seconds(29))
            #expect(try await world.take() != nil)
            #expect(world.channel.isActive)
        }
        #expect(world.socket.heldBytes > 0)
        await world.channel.testingEventLoop.advanceTime(by: .seconds(29))
        #expect(world.channel.isActive)
        await world.channel.testingEventLoop.advanceTime(by: .seconds(2))
        #expect(!world.channel.isActive)
        _ = try? await world.channel.finish(acceptAlreadyClosed: true)
    }
}
