internal import Dispatch

/// Hands a value from one thread to another that waits for it.
///
/// `@unchecked Sendable`: whoever puts a letter in is the only one to do so until that letter has been taken, and whoever takes it
/// does so after the semaphore, which was signalled after the letter had been put in; so two threads never meet in ``letter``.
final class LetterBox<Letter: Sendable>: @unchecked Sendable {
    private let hasLetter = DispatchSemaphore(value: 0)
    private var letter: Letter?

    /// Puts a letter into the box, which must be empty.
    func put(_ letter: Letter) {
        self.letter = letter
        hasLetter.signal()
    }

    /// Waits for a letter and takes it out, for one thread at a time.
    /// - Parameter seconds: how long it waits at most; `nil` for ever.
    /// - Returns: `nil` where nothing has come within that time.
    func take(within seconds: Double? = nil) -> Letter? {
        let limit = seconds.map { DispatchTime.now() + $0 } ?? .distantFuture
        guard hasLetter.wait(timeout: limit) == .success else { return nil }
        defer { letter = nil }
        return letter
    }
}
