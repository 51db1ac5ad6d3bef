package import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The short messages that a connection writes. They are handed to its socket past the channel, which has nothing to add where the system takes
/// them whole, as it nearly always does: passing them through its pipeline and its list of writes costs more than all else about them.
///
/// To be used on the loop of the channel, while that is open. The channel has to be writable only while it holds nothing back
/// (``waterMark``), and whoever writes to it otherwise calls ``handOver(_:)`` first.
package final class ShortWrites {
    /// What channels have to be opened with: they are writable only while they hold nothing back.
    package static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: 1)

    #if canImport(Darwin)
        // SwiftNIO has told the socket itself.
        private static let noSignal: CInt = 0
    #else
        private static let noSignal = CInt(MSG_NOSIGNAL)
    #endif

    private let descriptor: NIOBSDSocket.Handle?
    private var unsent: ByteBuffer?
    /// Whether the channel holds something back, which what comes next has to stay behind.
    package var isBehindOthers = false
    /// What was wrong with the socket. The channel finds out as well, but may not be told the same.
    package private(set) var error: IOError?

    /// Everything goes through the channel.
    package init() {
        descriptor = nil
    }

    /// - Parameter channel: has no handler that changes what is written. One without a socket, such as one of a test, sends everything itself.
    package init(to channel: any Channel) {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        self.descriptor = descriptor ?? nil
    }

    /// Writes a message, to be sent by the next ``flush(_:)``.
    /// - Parameter body: what comes behind it, where that is too long to be copied.
    package func write(_ message: ByteBuffer, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        if descriptor != nil, unsent == nil, body == nil, !isBehindOthers {
            unsent = message
            return
        }
        handOver(context)
        context.write(NIOAny(message), promise: nil)
        if let body { context.write(NIOAny(body), promise: nil) }
    }

    /// Hands what has been written and not sent to the channel.
    package func handOver(_ context: ChannelHandlerContext) {
        guard let message = unsent else { return }
        unsent = nil
        context.write(NIOAny(message), promise: nil)
    }

    /// Forgets what has been written and not sent.
    package func drop() {
        unsent = nil
    }

    /// Has the system take what has been written.
    /// - Returns: whether it has. Otherwise the rest, or whatever was written to the channel itself, is with the channel, which is to be flushed.
    package func flush(_ context: ChannelHandlerContext) -> Bool {
        guard let message = unsent else { return false }
        unsent = nil
        guard let rest = send(message) else { return true }
        context.write(NIOAny(rest), promise: nil)
        return false
    }

    /// Sends a message at once, where nothing is in front of it.
    /// - Returns: what is left of it, for the channel to send.
    package func send(_ message: ByteBuffer) -> ByteBuffer? {
        guard let descriptor, !isBehindOthers else { return message }
        let sent = message.withUnsafeReadableBytes { send($0, to: descriptor) }
        let rest = message.readableBytes - sent
        return rest == 0 ? nil : message.getSlice(at: message.readerIndex + sent, length: rest)
    }

    private func send(_ bytes: UnsafeRawBufferPointer, to descriptor: NIOBSDSocket.Handle) -> Int {
        while true {
            let count = Self.send(descriptor, bytes)
            guard count < 0 else { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            case let code:
                error = IOError(errnoCode: code, reason: "send")
                return 0
            }
        }
    }

    private static func send(_ descriptor: NIOBSDSocket.Handle, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.send(descriptor, bytes.baseAddress, bytes.count, noSignal)
        #elseif canImport(Musl)
            Musl.send(descriptor, bytes.baseAddress, bytes.count, noSignal)
        #else
            Glibc.send(descriptor, bytes.baseAddress, bytes.count, noSignal)
        #endif
    }
}
