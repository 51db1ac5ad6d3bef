internal import TransportCore

/// How many connections are begun at a time while none can be opened.
///
/// A thousand calls of a function that is down must not take the loop from the others, so few attempts are under way at a time, whoever
/// waits or comes. An attempt that hangs counts for a moment only: it must not hide that the target is up again, nor from callers who
/// would not wait for it as long as the one that it was begun for.
struct ReconnectPacing {
    /// How many of those that count.
    static let atATime = 8
    /// How long one counts at most.
    static let moment = Duration.milliseconds(100)

    /// Tells attempts that count from those that do not any more.
    struct Round: Equatable {
        fileprivate var number: UInt64 = 0
    }

    /// Whether an attempt has failed and none succeeded since.
    private var isFailing = false
    private var round = Round(number: 1)
    /// When those that are under way count no more; `nil` where there are none.
    private(set) var roundEnd: TransportInstant?
    private var underWay = 0

    /// An attempt is to begin.
    /// - Returns: its round, for ``ended(_:)``; `nil` where none may begin before ``roundEnd``, unless another one ends.
    mutating func begin(at now: TransportInstant) -> Round? {
        guard isFailing else { return Round() }
        if let roundEnd, roundEnd <= now {
            round.number += 1
            underWay = 0
            self.roundEnd = nil
        }
        guard underWay < Self.atATime else { return nil }
        underWay += 1
        roundEnd = roundEnd ?? now.advanced(by: Self.moment)
        return round
    }

    /// An attempt has ended, or nobody is interested in it any more. To be called once for each.
    mutating func ended(_ round: Round) {
        if round == self.round, underWay > 0 {
            underWay -= 1
        }
    }

    mutating func succeeded() { isFailing = false }

    mutating func failed() { isFailing = true }
}
