extension CallLoop {
    /// Does what the function of the same name does for an `EventLoop`, in the time of this loop.
    package func afterLook(_ work: @escaping @Sendable () -> Void) {
        execute { _ = self.schedule(at: self.now.advanced(by: .microseconds(200)), work) }
    }
}
