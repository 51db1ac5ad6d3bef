extension DispatchMachine {
    /// Addresses in the order in which they came.
    struct Line: Sendable {
        private var ids: [AddressID] = []
        private var head = 0

        mutating func append(_ id: AddressID) {
            ids.append(id)
        }

        mutating func prepend(_ id: AddressID) {
            guard head > 0 else {
                ids.insert(id, at: 0)
                return
            }
            head -= 1
            ids[head] = id
        }

        mutating func popFirst() -> AddressID? {
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
