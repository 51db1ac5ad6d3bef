import Synchronization

/// Says of dead letters only so many in a second, since one result may make thousands of them; of the others how many they are.
final class DeadLetterLines: Sendable {
    private struct State {
        var shown = 0
        var hidden = 0
        var isWaiting = false
    }

    private static let mostInASecond = 10

    private let state = Mutex(State())
    private let file: String
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - file: the module file, by which they are listed.
    ///   - write: shows a line.
    init(file: String, write: @escaping @Sendable (String) -> Void) {
        self.file = file
        self.write = write
    }

    func tell(_ line: String) {
        let (isShown, begins) = state.withLock { state in
            let isShown = state.shown < Self.mostInASecond
            if isShown {
                state.shown += 1
            } else {
                state.hidden += 1
            }
            defer { state.isWaiting = true }
            return (isShown, !state.isWaiting)
        }
        if isShown {
            write(line)
        }
        if begins {
            Task {
                try? await Task.sleep(for: .seconds(1))
                flush()
            }
        }
    }

    /// Says how many were not shown.
    func flush() {
        let hidden = state.withLock { state in
            defer { state = State() }
            return state.hidden
        }
        if hidden > 0 {
            write("\(ShownText.count(hidden, "more dead letter")); 'statefun dead-letters \(file)' lists them")
        }
    }
}
