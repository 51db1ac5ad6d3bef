import NIOCore
import NIOPosix
import TestSupport
import Testing
import TransportCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a connection writes past its channel, over real sockets.
@Suite struct ConnectionWritesTests {
    /// A connection that writes what it is told to.
    private final class Writer: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer

        var writes = ConnectionWrites()
        /// How many bytes were still with the channel, each time when the socket had taken some.
        var left: [Int] = []
        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) {
            self.context = context
            writes = ConnectionWrites(to: context.channel)
            writes.whenTaken = { [self] in left.append(writes.passedBytes) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.context = nil
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            writes = ConnectionWrites()
        }

        func write(_ text: String) {
            guard let context else { return }
            writes.write(ByteBuffer(string: text), nil, context)
        }

        func flush() {
            guard let context, !writes.flush(context) else { return }
            context.flush()
        }
    }

    /// Hears what is written to the channel.
    private final class Listener: ChannelOutboundHandler, @unchecked Sendable {
        typealias OutboundIn = ByteBuffer
        var bytes = 0

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            bytes += unwrapOutboundIn(data).readableBytes
            context.write(data, promise: promise)
        }
    }

    /// A connection and its peer, which is a plain socket.
    private struct Pair {
        let channel: any Channel
        let writer = Writer()
        let listener = Listener()
        let peer: CInt

        init() async throws {
            var ends: [CInt] = [0, 0]
            #if canImport(Glibc)
                let kind = CInt(SOCK_STREAM.rawValue)
            #else
                let kind = SOCK_STREAM
            #endif
            try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
            peer = ends[1]
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .withConnectedSocket(ends[0]).get()
            try await channel.eventLoop.submit { [channel, listener, writer] in
                try channel.pipeline.syncOperations.addHandlers(listener, writer)
            }.get()
        }

        func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Pair) throws -> Value) async throws -> Value {
            try await channel.eventLoop.submit { try body(self) }.get()
        }

        /// Reads until so many bytes have come, or the connection ends.
        func read(_ count: Int) async -> [UInt8] {
            await withCheckedContinuation { continuation in
                NIOThreadPool.singleton.submit { [peer] _ in
                    var all: [UInt8] = []
                    var part = [UInt8](repeating: 0, count: 65_536)
                    while all.count < count {
                        let got = recv(peer, &part, min(part.count, count - all.count), 0)
                        guard got > 0 else { break }
                        all += part[..<got]
                    }
                    continuation.resume(returning: all)
                }
            }
        }

        func end() async {
            close(peer)
            try? await channel.close()
        }
    }

    @Test("a short message goes to the socket past the channel")
    func goesPast() async throws {
        let pair = try await Pair()
        try await pair.onLoop { pair in
            pair.writer.write("hello")
            pair.writer.flush()
        }
        #expect(await pair.read(5) == Array("hello".utf8))
        #expect(try await pair.onLoop { $0.listener.bytes } == 0)
        await pair.end()
    }

    @Test("messages of one round keep their order")
    func order() async throws {
        let pair = try await Pair()
        try await pair.onLoop { pair in
            for text in ["one ", "two ", "three"] { pair.writer.write(text) }
            pair.writer.flush()
        }
        #expect(await pair.read(13) == Array("one two three".utf8))
        await pair.end()
    }

    @Test("what the system does not take stays in front of what is written later")
    func leftBehind() async throws {
        let pair = try await Pair()
        let long = String(repeating: "0123456789abcdef", count: 1 << 16)
        let left = try await pair.onLoop { pair in
            pair.writer.write(long)
            pair.writer.flush()
            pair.writer.write("the next one")
            pair.writer.flush()
            return pair.listener.bytes
        }
        #expect(left > 0 && left < long.utf8.count + 12)
        #expect(await pair.read(long.utf8.count + 12) == Array((long + "the next one").utf8))
        try await pair.onLoop { pair in
            pair.writer.write("last")
            pair.writer.flush()
        }
        #expect(await pair.read(4) == Array("last".utf8))
        #expect(try await pair.onLoop { $0.listener.bytes } == left)
        await pair.end()
    }

    @Test("what is long is seen to be taken part by part")
    func parts() async throws {
        let pair = try await Pair()
        let long = String(repeating: "0123456789abcdef", count: 1 << 16)
        try await pair.onLoop { pair in
            pair.writer.write(long)
            pair.writer.flush()
        }
        #expect(await pair.read(long.utf8.count) == Array(long.utf8))
        try await eventually("the last part") { try await pair.onLoop { $0.writer.writes.passedBytes == 0 } }
        let left = try await pair.onLoop { $0.writer.left }
        #expect(left.count > 1)
        #expect(left == left.sorted(by: >))
        await pair.end()
    }

    @Test("a last byte that the system does not take is not overtaken")
    func lastByte() async throws {
        let long = String(repeating: "0123456789abcdef", count: 1 << 16)
        // How much the system takes at once is the same for each pair.
        let first = try await Pair()
        let taken = try await first.onLoop { pair in
            pair.writer.write(long)
            pair.writer.flush()
            return long.utf8.count - pair.listener.bytes
        }
        await first.end()
        let pair = try await Pair()
        let message = String(long.prefix(taken + 1))
        let (left, read) = try await pair.onLoop { pair in
            pair.writer.write(message)
            pair.writer.flush()
            let left = pair.listener.bytes
            // Here, so that the loop has not heard yet that there is room again.
            var part = [UInt8](repeating: 0, count: taken)
            let read = recv(pair.peer, &part, taken, CInt(MSG_WAITALL))
            pair.writer.write("the next one")
            pair.writer.flush()
            return (left, part.prefix(max(0, read)))
        }
        #expect(left == 1)
        let all = Array(read) + (await pair.read(message.utf8.count + 12 - read.count))
        #expect(all == Array((message + "the next one").utf8))
        await pair.end()
    }

    @Test("a socket that fails says why, and its channel closes")
    func failing() async throws {
        let pair = try await Pair()
        let error = try await pair.onLoop { pair in
            // Here, so that the loop has not seen it before it writes.
            close(pair.peer)
            pair.writer.write("to nobody")
            pair.writer.flush()
            return pair.writer.writes.error
        }
        #expect(error?.errnoCode == EPIPE)
        try await pair.channel.closeFuture.get()
    }

    @Test("what is dropped is not sent")
    func dropped() async throws {
        let pair = try await Pair()
        try await pair.onLoop { pair in
            pair.writer.write("wrong")
            pair.writer.writes.drop()
            pair.writer.flush()
            pair.writer.write("right")
            pair.writer.flush()
        }
        #expect(await pair.read(5) == Array("right".utf8))
        await pair.end()
    }
}
