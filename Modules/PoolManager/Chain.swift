/// An element that can stand in a ``Chain``.
protocol Chained {
    var link: ChainLink<Self> { get set }
}

/// The neighbours of an element in its chain.
struct ChainLink<Element> {
    var previous: SlotTable<Element>.ID?
    var next: SlotTable<Element>.ID?
}

/// An order of some elements of a table; every step takes constant time. An element stands in one chain at most.
struct Chain<Element: Chained> {
    typealias ID = SlotTable<Element>.ID

    private(set) var first: ID?
    private(set) var last: ID?
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ id: ID, in table: inout SlotTable<Element>) {
        table[id]?.link = ChainLink(previous: last, next: nil)
        if let last {
            table[last]?.link.next = id
        } else {
            first = id
        }
        last = id
        count += 1
    }

    /// - Parameter id: stands in this chain.
    mutating func remove(_ id: ID, in table: inout SlotTable<Element>) {
        guard let link = table[id]?.link else { return }
        if let previous = link.previous {
            table[previous]?.link.next = link.next
        } else {
            first = link.next
        }
        if let next = link.next {
            table[next]?.link.previous = link.previous
        } else {
            last = link.previous
        }
        table[id]?.link = ChainLink()
        count -= 1
    }
}
