package import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A connected socket that does not block, by the system's calls.
package struct SystemSocket: Sendable {
    /// What came of sending or receiving.
    package enum Outcome {
        /// So many bytes; none where the peer has ended its side.
        case moved(Int)
        /// Nothing for now.
        case blocked
        case failed(IOError)
    }

    package let descriptor: CInt

    /// The socket of a channel itself, to be used on the channel's loop while that is open.
    /// - Returns: `nil` for a channel that has none, such as one of a test.
    package init?(of channel: any Channel) {
        let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle = handle ?? nil else { return nil }
        descriptor = handle
    }

    /// A socket of its own for the connection of another one, which may be closed then.
    /// - Returns: `nil` where the process may open no more files.
    package init?(copying socket: SystemSocket) {
        descriptor = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
    }

    /// Whether nothing has arrived, the end of the connection included.
    package var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Self.peek) < 0 && Self.isBlocked(errno)
    }

    /// Sends as much as the system takes at once.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        Self.outcome("send") { sendto(descriptor, bytes.baseAddress, bytes.count, Self.noSignal, nil, 0) }
    }

    /// Sends as much of both, one behind the other, as the system takes at once.
    package func send(_ first: ByteBuffer, _ second: ByteBuffer) -> Outcome {
        first.withUnsafeReadableBytes { first in
            second.withUnsafeReadableBytes { second in
                var parts = (Self.part(first), Self.part(second))
                return withUnsafeMutablePointer(to: &parts) { parts in
                    parts.withMemoryRebound(to: iovec.self, capacity: 2) { parts in
                        var message = msghdr()
                        message.msg_iov = parts
                        message.msg_iovlen = 2
                        return Self.outcome("sendmsg") { sendmsg(descriptor, &message, Self.noSignal) }
                    }
                }
            }
        }
    }

    /// Receives at most `count` bytes behind what the buffer holds.
    package func receive(_ count: Int, into buffer: inout ByteBuffer) -> Outcome {
        var outcome = Outcome.blocked
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            outcome = Self.outcome("recv") { recv(descriptor, bytes.baseAddress, count, 0) }
            return if case .moved(let received) = outcome { received } else { 0 }
        }
        return outcome
    }

    /// Waits until something has arrived, or may be sent where `toSend` says so, or the connection has ended, or for so many
    /// milliseconds.
    /// - Returns: whether it was not for the time alone.
    @discardableResult
    package func wait(toSend: Bool, milliseconds: Int64) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(toSend ? POLLIN | POLLOUT : POLLIN), revents: 0)
        return poll(&entry, 1, CInt(clamping: milliseconds)) > 0
    }

    /// Whether the peer's system has not got all that was sent.
    package var isSending: Bool {
        var count: CInt = 0
        #if canImport(Darwin)
            var size = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &size) == 0 && count > 0
        #else
            return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 && count > 0
        #endif
    }

    /// Ends the connection; whoever waits for it sees that. Not to be called after ``release()``.
    package func end() {
        _ = shutdown(descriptor, CInt(SHUT_RDWR))
    }

    /// Gives the descriptor back to the system.
    package func release() {
        _ = close(descriptor)
    }

    // MARK: - System

    private static let peek = CInt(MSG_PEEK)
    #if canImport(Darwin)
        // SwiftNIO has told the socket itself.
        private static let noSignal: CInt = 0
    #else
        private static let noSignal = CInt(MSG_NOSIGNAL)
    #endif

    private static func part(_ bytes: UnsafeRawBufferPointer) -> iovec {
        iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    }

    private static func isBlocked(_ code: CInt) -> Bool {
        code == EAGAIN || code == EWOULDBLOCK
    }

    private static func outcome(_ name: StaticString, _ call: () -> Int) -> Outcome {
        while true {
            let count = call()
            guard count < 0 else { return .moved(count) }
            let code = errno
            if code == EINTR { continue }
            return isBlocked(code) ? .blocked : .failed(IOError(errnoCode: code, reason: "\(name)"))
        }
    }
}
