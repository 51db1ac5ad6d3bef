internal import Dispatch
internal import Synchronization

/// Hands a value from one thread to another that waits for it.
final class LetterBox<Letter: Sendable>: Sendable {
    private let letter = Mutex<Letter?>(nil)
    private let hasLetter = DispatchSemaphore(value: 0)

    /// Puts a letter into the box, which must be empty.
    func put(_ letter: Letter) {
        self.letter.withLock { $0 = letter }
        hasLetter.signal()
    }

    /// Waits for a letter and takes it out.
    /// - Parameter seconds: how long it waits at most; `nil` for ever.
    /// - Returns: `nil` where nothing has come within that time.
    func take(within seconds: Double? = nil) -> Letter? {
        let limit = seconds.map { DispatchTime.now() + $0 } ?? .distantFuture
        guard hasLetter.wait(timeout: limit) == .success else { return nil }
        return letter.withLock { $0.take() }
    }
}
