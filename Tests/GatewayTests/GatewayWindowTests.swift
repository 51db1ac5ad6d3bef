import NIOCore
import NIOEmbedded
import Testing
import TransportCore

@testable import Gateway

/// What becomes of many requests that come at once.
@Suite struct GatewayWindowTests {
    /// Connections of one loop, which runs when the test has it run.
    private final class World {
        let calls = HeldCalls()
        private let gateway: EmbeddedGateway

        /// As many clients, each of which has sent a message to the address of its number.
        init(clients: Int) throws {
            gateway = try EmbeddedGateway(calledBy: calls)
            for number in 0..<clients {
                gateway.connect()
                try channels[number].writeInbound(ByteBuffer(bytes: GatewayWorld.okHttp(GatewayWorld.message("f", id: "\(number)"))))
            }
            loop.run()
        }

        var loop: EmbeddedEventLoop { gateway.loop }
        var core: GatewayCore { gateway.core }
        var channels: [EmbeddedChannel] { gateway.channels }
        var inFlight: Int { core.endpoints.reduce(0) { $0 + $1.inFlight } }

        /// The loop has looked at its sockets, where it was asked to.
        func look() { loop.advanceTime(by: .milliseconds(1)) }

        func status(of number: Int) throws -> String? {
            loop.run()
            return try channels[number].readOutbound(as: ByteBuffer.self).map { String(String(buffer: $0).dropFirst(9).prefix(3)) }
        }

        func close() {
            gateway.close()
            look()
            #expect(inFlight == 0)
            #expect(core.connectionCount == 0)
        }
    }

    private func names(_ numbers: Range<Int>) -> [String] { numbers.map { "\($0)" } }

    @Test("some calls begin at once, the others as these end, in the order in which they came, and all are answered")
    func inOrder() throws {
        let world = try World(clients: 200)
        let first = world.calls.begun.count
        #expect(world.calls.begun == names(0..<first))
        #expect((2..<100).contains(first))
        #expect(world.inFlight == 200)
        for number in 0..<200 {
            world.calls.end("\(number)")
            #expect(world.calls.begun == names(0..<min(200, first + number + 1)))
            #expect(try world.status(of: number) == "200")
        }
        world.close()
    }

    @Test("calls that take their time all begin, when the loop has looked some times")
    func slowCalls() throws {
        let world = try World(clients: 200)
        for _ in 0..<100 { world.look() }
        #expect(world.calls.begun == names(0..<200))
        world.close()
    }

    @Test("a client that has gone before its call began leaves no call behind, and takes nobody's turn")
    func gone() throws {
        let world = try World(clients: 120)
        let first = world.calls.begun.count
        _ = try world.channels[first].finish()
        #expect(world.inFlight == 119)
        world.calls.end("0")
        #expect(world.calls.begun == names(0..<first) + ["\(first + 1)"])
        world.close()
    }

    @Test("when calls are cut off, those that have not begun are refused as well, and none is left")
    func interrupted() throws {
        let world = try World(clients: 120)
        world.core.forEachConnection { $0.interrupt() }
        for number in 0..<120 {
            #expect(try world.status(of: number) == "503")
        }
        #expect(world.inFlight == 0)
        let begun = world.calls.begun
        world.look()
        #expect(world.calls.begun == begun)
        #expect(begun.count < 120)
        world.close()
    }
}
