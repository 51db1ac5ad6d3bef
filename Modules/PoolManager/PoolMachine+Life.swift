internal import TransportCore

extension PoolMachine {
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
