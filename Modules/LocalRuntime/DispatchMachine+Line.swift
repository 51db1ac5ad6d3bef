extension DispatchMachine {
    /// Those who wait, in the order in which they came.
    struct Line<ID: Sendable>: Sendable {
        private var ids: [ID] = []
        private var head = 0

        var isEmpty: Bool { head == ids.count }

        mutating func append(_ id: ID) {
            ids.append(id)
        }

        mutating func prepend(_ id: ID) {
            guard head > 0 else {
                ids.insert(id, at: 0)
                return
            }
            head -= 1
            ids[head] = id
        }

        mutating func popFirst() -> ID? {
            guard head < ids.count else { return nil }
            defer {
                head += 1
                if head == ids.count {
                    ids.removeAll(keepingCapacity: ids.capacity <= 4_096)
                    head = 0
                } else if head > 1_024, head > ids.count / 2 {
                    ids.removeFirst(head)
                    head = 0
                }
            }
            return ids[head]
        }
    }
}
