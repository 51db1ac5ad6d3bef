internal import NIOConcurrencyHelpers

/// How many connections of a listener are open. Where they are more than half of those that may be, new ones have to be quick,
/// so that those who say nothing do not keep out those who do.
final class Crowd: Sendable {
    private let limit: Int
    private let open = NIOLockedValueBox(0)

    /// - Parameter limit: how many may be open.
    init(limit: Int) {
        self.limit = limit
    }

    /// A connection has been opened.
    /// - Returns: whether it has to be quick.
    func joined() -> Bool {
        open.withLockedValue { open in
            open += 1
            return open > limit / 2
        }
    }

    /// A connection has been closed.
    func left() {
        open.withLockedValue { $0 -= 1 }
    }
}
