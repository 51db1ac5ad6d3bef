/// Records by their sequence numbers, in order. Adding the latest and removing the earliest one take constant time, and finding a
/// place takes logarithmic time, however many there are.
struct SequencedRecords<Record: Sendable>: Sendable {
    private struct Slot: Sendable {
        let sequence: Int64
        /// `nil` where it was removed from between others.
        var record: Record?
    }

    /// In the order of their numbers; those before `head` have gone.
    private var slots: [Slot] = []
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The number of the earliest record.
    var first: Int64? { isEmpty ? nil : slots[head].sequence }

    subscript(sequence: Int64) -> Record? {
        let place = self.place(of: sequence)
        return place < slots.count && slots[place].sequence == sequence ? slots[place].record : nil
    }

    /// Adds a record, or puts it in the place of the one with its number.
    mutating func insert(_ record: Record, at sequence: Int64) {
        let place = self.place(of: sequence)
        if place == slots.count {
            count += 1
            slots.append(Slot(sequence: sequence, record: record))
        } else if slots[place].sequence == sequence {
            count += slots[place].record == nil ? 1 : 0
            slots[place].record = record
        } else {
            count += 1
            slots.insert(Slot(sequence: sequence, record: record), at: place)
        }
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ sequence: Int64) -> Bool {
        let place = self.place(of: sequence)
        guard place < slots.count, slots[place].sequence == sequence, slots[place].record != nil else { return false }
        slots[place].record = nil
        count -= 1
        while head < slots.count, slots[head].record == nil {
            head += 1
        }
        if head > 64, head > slots.count / 2 {
            slots.removeFirst(head)
            head = 0
        }
        return true
    }

    /// Takes all of them out, in order.
    mutating func takeAll() -> [Record] {
        var all: [Record] = []
        all.reserveCapacity(count)
        for place in head..<slots.count {
            // Moved, not copied: each record refers to several objects.
            if let record = slots[place].record.take() { all.append(record) }
        }
        self = SequencedRecords()
        return all
    }

    /// The first records after a number, `limit` at most.
    func after(_ sequence: Int64, limit: Int) -> [Record] {
        var found: [Record] = []
        var place = self.place(of: sequence)
        while place < slots.count, found.count < limit {
            if slots[place].sequence > sequence, let record = slots[place].record {
                found.append(record)
            }
            place += 1
        }
        return found
    }

    /// The numbers of the records up to one, in order.
    func upTo(_ sequence: Int64) -> [Int64] {
        slots[head...].prefix { $0.sequence <= sequence }.filter { $0.record != nil }.map(\.sequence)
    }

    /// Where a number is, or would be put.
    private func place(of sequence: Int64) -> Int {
        // Most are new.
        guard let last = slots.last, last.sequence >= sequence else { return slots.count }
        var (low, high) = (head, slots.count)
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].sequence < sequence {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
