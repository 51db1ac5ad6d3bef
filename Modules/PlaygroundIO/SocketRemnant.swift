internal import NIOCore
internal import TransportCore

/// The socket of a connection that is closed before the client has got all that the system has taken for it. The system would throw
/// that away where something arrives that nobody reads, such as further requests. So what arrives is read for a moment longer.
///
/// To be used on the loop of its channel.
final class SocketRemnant {
    private static let (longest, betweenReads) = (TimeAmount.milliseconds(500), TimeAmount.milliseconds(10))
    /// So many bytes are read at a time, so often in a row.
    private static let (readBytes, mostReads) = (65_536, 16)

    private let socket: SystemSocket
    private let loop: any EventLoop

    /// - Parameter channel: is open, and to be closed next.
    /// - Returns: `nil` for a channel that has no socket, where the client has got everything, or where the process may open no more files.
    init?(of channel: any Channel) {
        guard let socket = SystemSocket(of: channel), socket.isSending, let copy = SystemSocket(copying: socket) else { return nil }
        self.socket = copy
        loop = channel.eventLoop
    }

    /// Sends nothing more, and throws away what comes until the client has got everything or closed its side, or for a moment.
    /// - Parameter completion: called on the loop when the socket is closed.
    func leave(_ completion: @escaping () -> Void) {
        socket.endSending()
        read(until: loop.now + Self.longest, completion)
    }

    private func read(until end: NIODeadline, _ completion: @escaping () -> Void) {
        guard !isAtEnd(), socket.isSending, loop.now < end else {
            socket.release()
            return completion()
        }
        loop.assumeIsolated().scheduleTask(in: Self.betweenReads) { [self] in read(until: end, completion) }
    }

    private func isAtEnd() -> Bool {
        var bytes = ByteBuffer()
        for _ in 0..<Self.mostReads {
            bytes.clear()
            switch socket.receive(Self.readBytes, into: &bytes) {
            case .moved(0), .failed: return true
            case .moved: continue
            case .blocked: return false
            }
        }
        return false
    }
}
