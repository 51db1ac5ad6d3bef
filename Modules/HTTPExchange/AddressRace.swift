internal import NIOCore
internal import TransportCore

/// Decides which of several addresses to try when (RFC 8305, "Happy Eyeballs"): each one gets a head start, and the first
/// connection that stands wins. A value: time comes as an argument.
struct AddressRace {
    /// How long an address is tried alone before the next one joins (RFC 8305, section 5).
    static let headStart = Duration.milliseconds(250)
    /// More addresses than these are not tried in one attempt.
    static let maxAddresses = 32

    enum Action: Equatable {
        /// Connect to the address with this index.
        case connect(Int)
        /// Nothing until then, unless something fails or stands earlier.
        case wait(until: TransportInstant)
        /// Nothing but to wait for what is under way.
        case waitForConnections
        /// No address is left.
        case fail
    }

    private let count: Int
    private var next = 0
    private var underWay = 0
    private var nextStart = TransportInstant.zero

    init(count: Int) {
        self.count = min(count, Self.maxAddresses)
    }

    /// The race has begun, or a timer has fired.
    mutating func timePassed(at now: TransportInstant) -> [Action] {
        guard next < count else { return [underWay > 0 ? .waitForConnections : .fail] }
        guard now >= nextStart || underWay == 0 else { return [.wait(until: nextStart)] }
        let index = next
        next += 1
        underWay += 1
        nextStart = now.advanced(by: Self.headStart)
        return [.connect(index), next < count ? .wait(until: nextStart) : .waitForConnections]
    }

    /// A connection could not be made; the next address need not wait.
    mutating func connectFailed(at now: TransportInstant) -> [Action] {
        underWay -= 1
        nextStart = now
        return timePassed(at: now)
    }

    /// Puts addresses into the order of trying: the resolver's order, with the two families taking turns (RFC 8305,
    /// section 4).
    static func order(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let same = addresses.filter { $0.protocol == first.protocol }
        let other = addresses.filter { $0.protocol != first.protocol }
        var ordered: [SocketAddress] = []
        for index in 0..<max(same.count, other.count) {
            if index < same.count { ordered.append(same[index]) }
            if index < other.count { ordered.append(other[index]) }
        }
        return ordered
    }
}
