/// Elements under ids that are looked up in constant time and never mistaken for one another.
///
/// Room that an element leaves is used again, so the table is as large as the most that it held at one time.
struct SlotTable<Element> {
    /// Names an element. An id whose element has gone finds nothing, though another element may stand in its place.
    struct ID: Hashable, Sendable {
        let index: UInt32
        /// Which of the elements that have stood at `index`.
        let generation: UInt32

        init(index: UInt32, generation: UInt32) {
            self.index = index
            self.generation = generation
        }

        init(number: UInt64) {
            index = UInt32(truncatingIfNeeded: number)
            generation = UInt32(truncatingIfNeeded: number >> 32)
        }

        /// Index and generation as one number.
        var number: UInt64 { UInt64(generation) << 32 | UInt64(index) }
    }

    private struct Slot {
        var generation: UInt32
        var element: Element?
        var nextFree: UInt32?
    }

    private var slots: [Slot] = []
    private var firstFree: UInt32?
    private(set) var count = 0

    mutating func insert(_ element: Element) -> ID {
        count += 1
        guard let index = firstFree else {
            slots.append(Slot(generation: 0, element: element, nextFree: nil))
            return ID(index: UInt32(slots.count - 1), generation: 0)
        }
        firstFree = slots[Int(index)].nextFree
        slots[Int(index)].nextFree = nil
        slots[Int(index)].element = element
        return ID(index: index, generation: slots[Int(index)].generation)
    }

    @discardableResult
    mutating func remove(_ id: ID) -> Element? {
        guard let element = self[id] else { return nil }
        let index = Int(id.index)
        slots[index] = Slot(generation: id.generation &+ 1, element: nil, nextFree: firstFree)
        firstFree = id.index
        count -= 1
        return element
    }

    /// The element, where it is still there. Setting it where it is not does nothing.
    subscript(id: ID) -> Element? {
        get {
            let index = Int(id.index)
            guard index < slots.count, slots[index].generation == id.generation else { return nil }
            return slots[index].element
        }
        set {
            guard self[id] != nil, let newValue else { return }
            slots[Int(id.index)].element = newValue
        }
    }

    /// The ids of all elements.
    var ids: [ID] {
        slots.indices.compactMap { index in
            slots[index].element == nil ? nil : ID(index: UInt32(index), generation: slots[index].generation)
        }
    }
}
