internal import Logging
internal import NIOCore
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// How many delayed messages are read at a time.
    private static let chunk = 4_096
    /// The time of day may be set while a timer runs; it is looked at again after so many milliseconds.
    private static let longestSleep: Int64 = 10_000

    func add(_ message: DelayedMessage) {
        pending.add(message)
        delayed.add(message)
        armDelayedTimer()
    }

    func cancel(_ cancellation: DelayedMessage.Cancellation) {
        let sequence = nextSequence()
        pending.cancel(cancellation, before: sequence)
        delayed.cancel(cancellation, before: sequence)
    }

    /// Sends what is due, and waits for what is due next.
    func sendDue() {
        guard !isStopping else { return }
        for message in delayed.takeDue(at: clock.wallTime()) {
            pending.sent(message)
            emit(StoredMessage(sequence: nextSequence(), target: message.message.target, invocation: message.message.invocation))
        }
        flushSoon()
        if delayed.needsLoad {
            loadDelayed()
        }
        armDelayedTimer()
    }

    private func armDelayedTimer() {
        guard !isStopping, let due = delayed.nextDue else { return }
        if let armed = delayedTimer, armed.due <= due { return }
        delayedTimer?.timer.cancel()
        let wait = min(max(0, due.milliseconds.subtractingReportingOverflow(clock.wallTime().milliseconds).partialValue), Self.longestSleep)
        let timer = loop.scheduleTask(in: .milliseconds(wait)) { [weak self] in
            guard let self else { return }
            Task(executorPreference: executor) { await self.delayedTimerFired() }
        }
        delayedTimer = (due, timer)
    }

    private func delayedTimerFired() {
        delayedTimer = nil
        sendDue()
    }

    /// Reads on where the messages at hand end.
    func loadDelayed() {
        guard !isStopping, delayed.needsLoad else { return }
        delayed.loadBegan()
        Task(executorPreference: executor) { await self.readDelayed() }
    }

    private func readDelayed() async {
        let horizon = delayed.horizon
        do throws(StoreFailure) {
            // What was sent until now is in the store then.
            try await flushed()
            let messages = try await store.delayed(after: horizon, limit: Self.chunk)
            delayed.loaded(messages, isComplete: messages.count < Self.chunk)
            sendDue()
        } catch {
            delayed.loadFailed()
            guard !isStopping else { return }
            logger.error("delayed messages cannot be read", metadata: ["failure": "\(error)"])
            try? await Task.sleep(for: limits.pauseAfterStoreFailure)
            loadDelayed()
        }
    }
}
