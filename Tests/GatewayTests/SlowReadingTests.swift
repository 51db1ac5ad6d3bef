import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway

/// Clients that do not take their answer at once.
@Suite struct SlowReadingTests {
    /// A connection with a call whose answer has been written, but waits for its round.
    private final class World {
        let socket = FullSocket()
        let calls = HeldCalls()
        private let gateway: EmbeddedGateway

        /// - Parameter first: what the loop does before the round of the answer.
        init(answerBytes: Int, keepsAlive: Bool = true, first: @escaping @Sendable (GatewayConnection) -> Void = { _ in }) throws {
            gateway = try EmbeddedGateway(calledBy: calls)
            gateway.connect(socket)
            let request = GatewayWorld.okHttp(GatewayWorld.message("f"))
            let last = request.replacing("Keep-Alive".utf8, with: "close".utf8)
            try channel.writeInbound(ByteBuffer(bytes: keepsAlive ? request : last))
            loop.run()
            core.forEachConnection(first)
            calls.end("Bob", .success(ByteBuffer(repeating: 1, count: answerBytes)))
        }

        var core: GatewayCore { gateway.core }
        var loop: EmbeddedEventLoop { gateway.loop }
        var isOpen: Bool { core.connectionCount == 1 }
        var channel: EmbeddedChannel { gateway.channels[0] }

        func takeAll() {
            while socket.take() != nil {}
            loop.run()
        }

        func close() { gateway.close() }
    }

    @Test("a client that takes an answer slowly keeps its connection, and one that has stopped loses it", arguments: [true, false])
    func slow(keepsAlive: Bool) throws {
        let world = try World(answerBytes: 2_000_000, keepsAlive: keepsAlive)
        world.loop.run()
        for _ in 0..<6 {
            world.loop.advanceTime(by: .seconds(59))
            #expect(world.isOpen)
            #expect(world.socket.take() != nil)
        }
        #expect(world.socket.heldBytes > 0)
        world.loop.advanceTime(by: .seconds(59))
        #expect(world.isOpen)
        world.loop.advanceTime(by: .seconds(2))
        #expect(!world.isOpen)
        world.close()
    }

    @Test("once an answer has been taken its connection takes the next request, or ends where the client has asked for that")
    func taken() throws {
        let kept = try World(answerBytes: 2_000_000)
        kept.loop.run()
        kept.takeAll()
        try kept.channel.writeInbound(ByteBuffer(bytes: GatewayWorld.okHttp(GatewayWorld.message("f", id: "Eve"))))
        kept.loop.run()
        #expect(kept.calls.begun == ["Bob", "Eve"])
        kept.close()
        let ended = try World(answerBytes: 2_000_000, keepsAlive: false)
        ended.loop.run()
        #expect(ended.isOpen)
        ended.takeAll()
        #expect(!ended.isOpen)
        ended.close()
    }

    @Test("an answer that nobody has taken when the gateway stops is not cut off", arguments: [100, 2_000_000])
    func stopping(answerBytes: Int) throws {
        let world = try World(answerBytes: answerBytes) { $0.closeIdle() }
        world.core.beginStopping()
        world.loop.run()
        #expect(world.isOpen)
        #expect(world.socket.heldBytes > answerBytes)
        world.takeAll()
        #expect(!world.isOpen)
        world.close()
    }

    @Test("a connection that has closed is kept by nothing that it has written")
    func released() throws {
        let world = try World(answerBytes: 2_000_000)
        world.loop.run()
        weak let connection = try world.channel.pipeline.syncOperations.handler(type: GatewayConnection.self)
        #expect(connection != nil)
        world.channel.close(promise: nil)
        while world.socket.fail() {}
        world.loop.run()
        #expect(connection == nil)
        world.close()
    }
}
