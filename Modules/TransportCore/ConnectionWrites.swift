package import NIOCore

/// What a connection writes. Short messages are handed to its socket past the channel, which has nothing to add where the system takes
/// them whole, as it nearly always does: passing them through its pipeline and its list of writes costs more than all else about them.
///
/// To be used on the loop of the channel, while that is open. Whatever else is written to the channel is passed on here as well, so that nothing
/// overtakes it: a channel that is writable may still hold a byte back.
package final class ConnectionWrites {
    /// The usual size of a part.
    package static let usualPart = 1 << 18

    private let socket: SystemSocket?
    /// Whether messages may go past the channel.
    private let isPlain: Bool
    /// So many bytes are seen to be taken together.
    private let partBytes: Int
    private var unsent: ByteBuffer?
    /// How many writes are with the channel, and how many bytes, those in ``line`` included.
    private var passed = 0
    package private(set) var passedBytes = 0
    /// Parts that wait until the one before them has been taken: inside TLS all that is with the channel is encrypted at once, beside what it was,
    /// and said to be taken at once.
    private var line = CircularBuffer<(part: ByteBuffer, promise: EventLoopPromise<Void>)>()
    private var isMovingUp = false
    /// Called when the socket has taken something that was with the channel, once for each part of what is long. Nobody has to refer weakly to
    /// a connection for it, which would make each count of references to that one dearer: the connection lets go of this object when its
    /// channel is gone.
    package var whenTaken: () -> Void = {}
    /// What was wrong with the socket at the last message. The channel finds out as well, but may not be told the same.
    package private(set) var error: IOError?

    /// Everything goes through the channel, which has handlers that change it. Only what is long, or has a promise, is followed.
    package init() {
        socket = nil
        isPlain = false
        partBytes = Self.usualPart
    }

    /// - Parameters:
    ///   - channel: has no handler that changes what is written. One without a socket, such as one of a test, sends everything itself.
    ///   - partBytes: how much is written at a time, where somebody wants to see it taken.
    package init(to channel: any Channel, partBytes: Int = ConnectionWrites.usualPart) {
        socket = SystemSocket(of: channel)
        isPlain = true
        self.partBytes = partBytes
    }

    /// Whether something is with the channel, which what comes next has to stay behind.
    package var isBehindOthers: Bool { passed > 0 }

    /// Writes a message, to be sent by the next ``flush(_:)``.
    /// - Parameter body: what comes behind it, where that is too long to be copied.
    package func write(_ message: ByteBuffer, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        if isPlain, unsent == nil, body == nil, !isBehindOthers {
            unsent = message
            return
        }
        pass(message, context)
        if let body { pass(body, context) }
    }

    /// Writes something to the channel, behind what has been written before. What is long is written in parts, so that a peer who reads slowly is
    /// seen to read.
    /// - Parameter promise: kept when the socket has taken all of it.
    package func pass(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        handOver(context)
        if !isPlain, promise == nil, bytes.readableBytes <= partBytes, !isBehindOthers {
            return context.write(NIOAny(bytes), promise: nil)
        }
        var rest = bytes
        while rest.readableBytes > partBytes, let part = rest.readSlice(length: partBytes) {
            passPart(part, context, context.eventLoop.makePromise())
        }
        passPart(rest, context, promise ?? context.eventLoop.makePromise())
    }

    private func passPart(_ part: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>) {
        let mustWait = !isPlain && isBehindOthers
        passed += 1
        passedBytes += part.readableBytes
        promise.futureResult.assumeIsolated().whenComplete { [self, count = part.readableBytes] result in
            passed -= 1
            passedBytes -= count
            switch result {
            case .success:
                moveUp(context)
                whenTaken()
            case .failure(let error):
                endLine(error)
            }
        }
        if mustWait {
            line.append((part, promise))
        } else {
            context.write(NIOAny(part), promise: promise)
        }
    }

    /// Hands the channel what waits, a part each time when it has none.
    private func moveUp(_ context: ChannelHandlerContext) {
        guard !line.isEmpty, !isMovingUp else { return }
        isMovingUp = true
        defer { isMovingUp = false }
        while passed == line.count, let next = line.popFirst() {
            context.writeAndFlush(NIOAny(next.part), promise: next.promise)
        }
    }

    private func endLine(_ error: any Error) {
        let promises = line.map(\.promise)
        line.removeAll()
        promises.forEach { $0.fail(error) }
    }

    /// Hands what has been written and not sent to the channel.
    package func handOver(_ context: ChannelHandlerContext) {
        guard let message = unsent else { return }
        unsent = nil
        pass(message, context)
    }

    /// Forgets what has been written and not been handed to the channel.
    package func drop() {
        unsent = nil
        endLine(ChannelError.ioOnClosedChannel)
    }

    /// Has the system take what has been written.
    /// - Returns: whether it has. Otherwise the rest, or whatever was written to the channel itself, is with the channel, which is to be flushed.
    package func flush(_ context: ChannelHandlerContext) -> Bool {
        guard let message = unsent else { return false }
        unsent = nil
        guard let rest = send(message) else { return true }
        pass(rest, context)
        return false
    }

    /// Sends a message at once, where nothing is in front of it.
    /// - Returns: what is left of it, for the channel to send.
    package func send(_ message: ByteBuffer) -> ByteBuffer? {
        guard let socket, !isBehindOthers else { return message }
        error = nil
        var sent = 0
        switch message.withUnsafeReadableBytes({ socket.send($0) }) {
        case .moved(let count): sent = count
        case .blocked: break
        case .failed(let error): self.error = error
        }
        let rest = message.readableBytes - sent
        return rest == 0 ? nil : message.getSlice(at: message.readerIndex + sent, length: rest)
    }
}
