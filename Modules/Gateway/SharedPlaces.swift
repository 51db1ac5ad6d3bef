/// Places that endpoints share, so that none of them can take all: half of them is kept free for each to have its part of, the
/// other half goes to whoever comes first.
///
/// Counts only; who stands in which place is somebody else's business.
struct SharedPlaces: Equatable {
    /// How many there are.
    let total: Int
    /// How many one endpoint may have.
    let perEndpoint: Int
    private(set) var taken = 0
    private var members: [Int: Member] = [:]
    /// How many each endpoint that shares is sure to get.
    private var guaranteed = 0
    /// How many of the free ones are kept for endpoints that have less than they are sure to get.
    private var reserved = 0

    private struct Member: Equatable {
        var count = 0
        /// Whether a part is kept for it. Who does not share any more keeps what it has until it has given it back.
        var shares = false
    }

    init(total: Int, perEndpoint: Int) {
        self.total = total
        self.perEndpoint = perEndpoint
    }

    /// How many places an endpoint has.
    func taken(by endpoint: Int) -> Int {
        members[endpoint]?.count ?? 0
    }

    /// Says who shares the places from now on. What others have stays taken until they give it back.
    mutating func share(among endpoints: Set<Int>) {
        members = members.filter { $0.value.count > 0 }.mapValues { Member(count: $0.count) }
        for endpoint in endpoints {
            members[endpoint, default: Member()].shares = true
        }
        let half = total / (2 * max(1, endpoints.count))
        // With one place for each at least, nobody is left with none.
        guaranteed = min(perEndpoint, half == 0 && total >= endpoints.count ? 1 : half)
        reserved = members.values.reduce(0) { $0 + shortfall($1) }
    }

    private func shortfall(_ member: Member) -> Int {
        member.shares ? max(0, guaranteed - member.count) : 0
    }

    func hasPlace(for endpoint: Int) -> Bool {
        hasPlace(for: members[endpoint] ?? Member())
    }

    private func hasPlace(for member: Member) -> Bool {
        guard member.count < perEndpoint, taken < total else { return false }
        return shortfall(member) > 0 || total - taken > reserved
    }

    /// Takes a place.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func take(for endpoint: Int) -> Bool {
        // One look for the endpoint, since each call comes by here.
        guard let index = members.index(forKey: endpoint) else {
            guard hasPlace(for: Member()) else { return false }
            members[endpoint] = Member(count: 1)
            taken += 1
            return true
        }
        let member = members.values[index]
        guard hasPlace(for: member) else { return false }
        members.values[index].count += 1
        changed(from: member, to: members.values[index])
        return true
    }

    mutating func giveBack(by endpoint: Int) {
        guard let index = members.index(forKey: endpoint) else { return }
        let member = members.values[index]
        guard member.count > 0 else { return }
        members.values[index].count -= 1
        changed(from: member, to: members.values[index])
        if member.count == 1, !member.shares { members.remove(at: index) }
    }

    private mutating func changed(from old: Member, to new: Member) {
        reserved += shortfall(new) - shortfall(old)
        taken += new.count - old.count
    }
}
