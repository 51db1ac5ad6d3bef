internal import NIOCore
internal import TransportCore

/// Has a thread wait for its socket, and knows the time.
protocol SocketWaiting: Sendable {
    var now: TransportInstant { get }

    /// Returns when something has arrived, or may be sent where `toSend` says so, or the connection has ended, or it is `instant`.
    func wait(for socket: SystemSocket, toSend: Bool, until instant: TransportInstant)
}

/// Waits in the system, by the clock of SwiftNIO's event loops.
struct SystemSocketWaiting: SocketWaiting {
    var now: TransportInstant {
        TransportInstant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }

    func wait(for socket: SystemSocket, toSend: Bool, until instant: TransportInstant) {
        // Rounded up, so that it is not too early afterwards.
        socket.wait(toSend: toSend, milliseconds: max(0, now.nanoseconds(until: instant) / 1_000_000 + 1))
    }
}
