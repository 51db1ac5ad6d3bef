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
    private var members: [Int: Int] = [:]
    /// How many each member is sure to get.
    private var guaranteed = 0
    /// How many of the free ones are kept for members that have less than they are sure to get.
    private var reserved = 0

    init(total: Int, perEndpoint: Int) {
        self.total = total
        self.perEndpoint = perEndpoint
    }

    /// How many places an endpoint has.
    func taken(by endpoint: Int) -> Int {
        members[endpoint] ?? 0
    }

    /// Says who shares the places from now on. What others have stays taken until they give it back.
    mutating func share(among endpoints: Set<Int>) {
        members = members.filter { $0.value > 0 || endpoints.contains($0.key) }
        for endpoint in endpoints where members[endpoint] == nil {
            members[endpoint] = 0
        }
        let half = total / (2 * max(1, endpoints.count))
        // With one place for each at least, nobody is left with none.
        guaranteed = min(perEndpoint, half == 0 && total >= endpoints.count ? 1 : half)
        reserved = members.reduce(0) { $0 + shortfall($1.value) }
    }

    private func shortfall(_ count: Int) -> Int {
        max(0, guaranteed - count)
    }

    func hasPlace(for endpoint: Int) -> Bool {
        hasPlace(beside: taken(by: endpoint))
    }

    /// Whether there is a place for an endpoint that has `count` of them.
    private func hasPlace(beside count: Int) -> Bool {
        guard count < perEndpoint, taken < total else { return false }
        return count < guaranteed || total - taken > reserved
    }

    /// Takes a place.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func take(for endpoint: Int) -> Bool {
        // One look for the endpoint, since each call comes by here.
        guard let index = members.index(forKey: endpoint) else {
            guard hasPlace(beside: 0) else { return false }
            members[endpoint] = 1
            changed(from: 0, to: 1)
            return true
        }
        let count = members.values[index]
        guard hasPlace(beside: count) else { return false }
        members.values[index] = count + 1
        changed(from: count, to: count + 1)
        return true
    }

    mutating func giveBack(by endpoint: Int) {
        guard let index = members.index(forKey: endpoint) else { return }
        let count = members.values[index]
        guard count > 0 else { return }
        members.values[index] = count - 1
        changed(from: count, to: count - 1)
    }

    private mutating func changed(from old: Int, to new: Int) {
        reserved += shortfall(new) - shortfall(old)
        taken += new - old
    }
}
