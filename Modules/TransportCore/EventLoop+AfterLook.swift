package import NIOCore

extension EventLoop {
    /// Does something when the loop has done what it is at and has looked at its sockets. To be called on the loop.
    ///
    /// Whatever is handed to a loop runs before it looks, and so does a timer that becomes due while it runs. This one becomes due late
    /// enough for what is usually left to do: calls that have begun still have to be sent, and changes to be stored.
    package func afterLook(_ work: @escaping @Sendable () -> Void) {
        execute { self.scheduleTask(in: .microseconds(200), work) }
    }
}
