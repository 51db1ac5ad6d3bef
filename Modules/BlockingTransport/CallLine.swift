/// What waits for threads, first come first served.
///
/// What leaves is let go of at once; its place stays until its turn or the next sweep.
struct CallLine<Entry: Sendable>: Sendable {
    /// Names a place in line; numbers are never given out again.
    typealias Number = UInt64

    private struct Place: Sendable {
        let number: Number
        /// `nil` for what has left.
        var entry: Entry?
    }

    /// In the order of their numbers.
    private var places: [Place] = []
    /// The first of `places` whose turn has not been.
    private var head = 0
    private var goneCount = 0
    private var nextNumber: Number = 0

    /// How many wait.
    var count: Int { storedCount - goneCount }

    /// How many places are taken up, those of some that have left included.
    var storedCount: Int { places.count - head }

    mutating func append(_ entry: Entry) -> Number {
        defer { nextNumber += 1 }
        places.append(Place(number: nextNumber, entry: entry))
        return nextNumber
    }

    mutating func popFirst() -> Entry? {
        while head < places.count {
            let entry = places[head].entry
            places[head].entry = nil
            head += 1
            if head == places.count {
                places = []
                head = 0
            } else if head > 1024, head > places.count / 2 {
                places.removeFirst(head)
                head = 0
            }
            if let entry { return entry }
            goneCount -= 1
        }
        return nil
    }

    /// One that waits does so no more. A number that is not in line any more is ignored.
    mutating func leave(_ number: Number) {
        guard let index = index(of: number), places[index].entry != nil else { return }
        places[index].entry = nil
        goneCount += 1
        if goneCount > 64, goneCount > storedCount / 2 {
            places = places[head...].filter { $0.entry != nil }
            head = 0
            goneCount = 0
        }
    }

    /// Empties the line.
    /// - Returns: those who waited.
    mutating func removeAll() -> [Entry] {
        defer {
            places = []
            head = 0
            goneCount = 0
        }
        return places[head...].compactMap(\.entry)
    }

    private func index(of number: Number) -> Int? {
        var (low, high) = (head, places.count)
        while low < high {
            let middle = low + (high - low) / 2
            if places[middle].number < number {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < places.count && places[low].number == number ? low : nil
    }
}
