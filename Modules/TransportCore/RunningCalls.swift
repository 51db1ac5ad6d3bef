/// The calls of one client that have begun and not ended.
///
/// `@unchecked Sendable`: everything that changes is touched only on the loop.
final class RunningCalls: @unchecked Sendable {
    private let loop: any CallLoop
    /// Each one at its ``CallRunner/place``.
    private var calls: [CallRunner] = []
    private var isShutDown = false
    private var whenEmpty: [@Sendable () -> Void] = []
    private var timer: (any CallTimer)?
    /// When the time to end is over.
    private var end = TransportInstant.distantFuture

    init(on loop: any CallLoop) {
        self.loop = loop
    }

    /// Takes a call in; `false` when no call may begin any more.
    func insert(_ call: CallRunner) -> Bool {
        guard !isShutDown else { return false }
        call.place = calls.count
        calls.append(call)
        return true
    }

    func remove(_ call: CallRunner) {
        // One that was never taken in has no place.
        guard call.place < calls.count, calls[call.place] === call else { return }
        let last = calls.removeLast()
        if last !== call {
            calls[call.place] = last
            last.place = call.place
        }
        if isShutDown, calls.isEmpty {
            emptied()
        }
    }

    /// Lets no call begin any more, gives those that have begun `limit` to end, without another attempt, and then ends
    /// them. Calling it again while that time runs can shorten it.
    func shutDown(drainingFor limit: Duration, _ completion: @escaping @Sendable () -> Void) {
        loop.run { [self] in
            isShutDown = true
            whenEmpty.append(completion)
            guard limit > .zero, !calls.isEmpty else { return interruptAll() }
            for call in calls {
                call.drain()
            }
            guard !calls.isEmpty else { return }
            let newEnd = loop.now.advanced(by: limit)
            guard newEnd < end else { return }
            end = newEnd
            timer?.cancel()
            timer = loop.schedule(at: newEnd) { [self] in interruptAll() }
        }
    }

    private func interruptAll() {
        for call in calls {
            call.interrupt(.shutDownMeanwhile)
        }
        if calls.isEmpty {
            emptied()
        }
    }

    private func emptied() {
        timer?.cancel()
        timer = nil
        let handlers = whenEmpty
        whenEmpty = []
        for handler in handlers {
            handler()
        }
    }
}

extension RequestReplyFailure {
    /// The failure of a call that comes too late.
    public static let tooLate = RequestReplyFailure(.shutDown, "the transport has been shut down")
    /// The failure of a call that did not end in time.
    package static let shutDownMeanwhile = RequestReplyFailure(.shutDown, "the transport was shut down while the call went on")
}
