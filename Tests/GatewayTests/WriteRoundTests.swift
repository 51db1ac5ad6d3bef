import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// When the answers of several connections go out.
@Suite struct WriteRoundTests {
    /// Connections of one loop, which runs when the test has it run.
    private final class World {
        private let gateway: EmbeddedGateway
        let flushes = Flushes()

        init(connections: Int) throws {
            gateway = try EmbeddedGateway(GatewayWorld.endpoint("com.example/*", "http://127.0.0.1:1/"))
            for number in 0..<connections { gateway.connect(FlushRecorder(number, flushes)) }
        }

        var loop: EmbeddedEventLoop { gateway.loop }
        var channels: [EmbeddedChannel] { gateway.channels }

        /// A client asks for what is answered without any function: its message has no target.
        func ask(_ number: Int, times: Int = 1) throws {
            let requests = (0..<times).flatMap { _ in GatewayWorld.okHttp([]) }
            try channels[number].writeInbound(ByteBuffer(bytes: requests))
        }

        /// How many answers the clients have got since they were last asked.
        func answers() throws -> [Int] {
            try channels.map { channel in
                var text = ""
                while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
                return text.ranges(of: "HTTP/1.1 400 ").count
            }
        }

        func close() { gateway.close() }
    }

    /// Which connections were told to send, in that order.
    private final class Flushes {
        var order: [Int] = []
        var whenFlushed: ((Int) -> Void)?
    }

    private final class FlushRecorder: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        private let number: Int
        private let flushes: Flushes

        init(_ number: Int, _ flushes: Flushes) {
            self.number = number
            self.flushes = flushes
        }

        func flush(context: ChannelHandlerContext) {
            flushes.order.append(number)
            context.flush()
            flushes.whenFlushed?(number)
        }
    }

    @Test("answers wait until the loop has read from every connection, and go out in the order in which they were written")
    func together() throws {
        let world = try World(connections: 3)
        for number in [1, 0, 2] { try world.ask(number) }
        #expect(world.flushes.order.isEmpty)
        #expect(try world.answers() == [0, 0, 0])
        world.loop.run()
        #expect(world.flushes.order == [1, 0, 2])
        #expect(try world.answers() == [1, 1, 1])
        world.close()
    }

    @Test("each round sends what was written since the one before, and nobody else is told to")
    func rounds() throws {
        let world = try World(connections: 3)
        for turn in 0..<5 {
            world.flushes.order = []
            try world.ask(turn % 3)
            try world.ask((turn + 1) % 3)
            world.loop.run()
            #expect(world.flushes.order == [turn % 3, (turn + 1) % 3])
            #expect(try world.answers().reduce(0, +) == 2)
        }
        world.flushes.order = []
        world.loop.run()
        #expect(world.flushes.order.isEmpty)
        world.close()
    }

    @Test("several answers of one connection go out in one round")
    func severalOfOne() throws {
        let world = try World(connections: 2)
        try world.ask(0, times: 3)
        try world.ask(1)
        #expect(try world.answers() == [0, 0])
        world.loop.run()
        #expect(try world.answers() == [3, 1])
        world.close()
    }

    @Test("what is written while a round sends goes out with the next one, and is not forgotten")
    func whileSending() throws {
        let world = try World(connections: 2)
        var isFirst = true
        world.flushes.whenFlushed = { number in
            guard number == 0, isFirst else { return }
            isFirst = false
            #expect(throws: Never.self) {
                try world.ask(1)
                try world.ask(0)
            }
            #expect(world.flushes.order == [0])
        }
        try world.ask(0)
        world.loop.run()
        #expect(world.flushes.order == [0, 1, 0])
        #expect(try world.answers() == [2, 1])
        world.flushes.whenFlushed = nil
        world.close()
    }

    @Test("a connection that has gone before its round takes nothing from the others")
    func gone() throws {
        let world = try World(connections: 3)
        for number in 0..<3 { try world.ask(number) }
        world.channels[1].close(promise: nil)
        world.loop.run()
        let answers = try world.answers()
        #expect([answers[0], answers[2]] == [1, 1])
        #expect(world.flushes.order == [0, 2])
        world.close()
    }
}
