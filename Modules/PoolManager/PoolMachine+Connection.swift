internal import TransportCore

extension PoolMachine {
    /// A connection from the moment in which it is begun.
    struct Connection: Chained {
        enum State {
            /// Next: leased, idle, abandoned, gone.
            case connecting(for: WaiterID)
            /// Nobody waits for the outcome any more. Next: closing, gone.
            case abandoned
            /// Next: idle, closing, gone.
            case leased
            /// Next: leased, closing, gone.
            case idle(since: TransportInstant)
            /// Does not count any more. Next: gone.
            case closing
        }

        var state: State
        let round: ReconnectPacing.Round
        /// When its life began, later by the jitter than when it was opened.
        var born = TransportInstant.zero
        var lifeEnd = TransportInstant.distantFuture
        var link = ChainLink<Connection>()
    }

    /// A connection is given out this long beyond its lifetime, so that those opened together do not end together.
    static let leastJitter = Duration.seconds(1)
    static let mostJitter = Duration.seconds(3)

    /// When the life of a connection begins that is opened now.
    /// - Parameter chance: what chance decided about it, from 0 to 1.
    static func birth(at now: TransportInstant, chance: Double) -> TransportInstant {
        let spread = Double((mostJitter - leastJitter).inNanoseconds) * min(max(chance, 0), 1)
        return now.advanced(by: leastJitter).advanced(byNanoseconds: Int64(spread))
    }
}
