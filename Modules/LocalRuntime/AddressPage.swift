internal import RuntimeCore

/// The first addresses after a place, out of many that come in any order. Takes room and time for a page only.
struct AddressPage: Sendable {
    private let start: RuntimeAddress?
    private let limit: Int
    /// In order; one more than the page, which tells whether there are more.
    private var first: [(address: RuntimeAddress, id: DispatchMachine.AddressID)] = []

    /// - Parameters:
    ///   - start: only those after this one; `nil` for the very first.
    ///   - limit: how many make a page, at least 1.
    init(after start: RuntimeAddress?, limit: Int) {
        self.start = start
        self.limit = max(1, limit)
    }

    mutating func offer(_ address: RuntimeAddress, _ id: DispatchMachine.AddressID) {
        if let start, address <= start { return }
        if first.count > limit, let end = first.last, end.address < address { return }
        first.insert((address, id), at: place(of: address))
        if first.count > limit + 1 {
            first.removeLast()
        }
    }

    private func place(of address: RuntimeAddress) -> Int {
        var (low, high) = (0, first.count)
        while low < high {
            let middle = (low + high) / 2
            if first[middle].address < address {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    var found: [DispatchMachine.AddressID] { first.prefix(limit).map(\.id) }
    var hasMore: Bool { first.count > limit }
}
