internal import NIOConcurrencyHelpers
internal import TransportCore

/// How many bytes of answers a program holds at a time, all its connections together: an answer that would be more is given up while it
/// comes, and the call fails as `RequestReplyFailure.Kind.noRoom`.
///
/// A call is begun by its message, and nobody knows then how long the answer will be. So many calls at a time with long answers could
/// take any amount of memory.
public final class AnswerRoom: Sendable {
    /// Answers up to this size, in bytes, do not count.
    public static let smallAnswer = 64 << 10

    /// The most bytes.
    public let limit: Int
    private let taken = NIOLockedValueBox(0)

    /// - Parameter limit: the most bytes, at least 1.
    public init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Bytes of answers that count now.
    public var bytes: Int { taken.withLockedValue { $0 } }

    /// Counts further bytes of an answer that comes.
    /// - Returns: `false` where they are too many; then nothing is counted.
    func take(_ count: Int) -> Bool {
        taken.withLockedValue { taken in
            guard taken + count <= limit else { return false }
            taken += count
            return true
        }
    }

    /// Counts bytes of an answer that is there already, be they too many: such as one that has come and waits to be passed on.
    public func hold(_ count: Int) {
        taken.withLockedValue { $0 += count }
    }

    /// What was counted is not in memory any more.
    public func giveBack(_ count: Int) {
        guard count > 0 else { return }
        taken.withLockedValue { $0 -= count }
    }

    var refusal: RequestReplyFailure {
        RequestReplyFailure(.noRoom, "the answers that are on their way take all the memory that is allowed for them, \(limit) bytes")
    }
}
