import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TransportCore

/// What a connection writes to a channel that encrypts it.
@Suite struct EncryptedWritesTests {
    /// A connection that writes what it is told to, and what became of that.
    private final class Writer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let writes = ConnectionWrites()
        var context: ChannelHandlerContext?
        var outcomes: [String] = []

        func handlerAdded(context: ChannelHandlerContext) {
            self.context = context
        }

        func pass(_ name: String, _ count: Int) {
            guard let context else { return }
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { [self] result in
                if case .success = result { outcomes.append(name) } else { outcomes.append("not \(name)") }
            }
            writes.pass(ByteBuffer(repeating: 0x61, count: count), context, promise: promise)
        }
    }

    private struct World {
        let channel = EmbeddedChannel()
        let socket = FullSocket()
        let writer = Writer()

        init() throws {
            try channel.pipeline.syncOperations.addHandlers(socket, writer)
        }
    }

    @Test("a part goes to the channel when the one before it has been taken, and messages keep their order")
    func oneAtATime() throws {
        let world = try World()
        world.writer.pass("long", 600_000)
        world.writer.pass("short", 10)
        var taken: [Int] = []
        while world.writer.writes.isBehindOthers {
            #expect(world.socket.heldBytes <= 1 << 18)
            taken.append(try #require(world.socket.take()))
        }
        #expect(taken == [1 << 18, 1 << 18, 600_000 - 2 << 18, 10])
        #expect(world.writer.outcomes == ["long", "short"])
        #expect(world.writer.writes.passedBytes == 0)
        _ = try world.channel.finish()
    }

    @Test("a short message with nothing in front of it waits for nothing")
    func short() throws {
        let world = try World()
        let context = try #require(world.writer.context)
        for _ in 1...3 { world.writer.writes.write(ByteBuffer(string: "hello"), nil, context) }
        #expect(world.socket.heldBytes == 15)
        #expect(!world.writer.writes.isBehindOthers)
        _ = try world.channel.finish()
    }

    @Test("what waits is told once that it will not be sent", arguments: [true, false])
    func given(up isDropped: Bool) throws {
        let world = try World()
        world.writer.pass("first", 10)
        world.writer.pass("second", 10)
        world.writer.pass("third", 10)
        if isDropped {
            world.writer.writes.drop()
            #expect(world.socket.take() == 10)
            #expect(world.writer.outcomes == ["not second", "not third", "first"])
        } else {
            #expect(world.socket.fail())
            #expect(world.writer.outcomes == ["not first", "not second", "not third"])
        }
        #expect(!world.writer.writes.isBehindOthers)
        #expect(world.socket.heldBytes == 0)
        _ = try world.channel.finish()
    }
}
