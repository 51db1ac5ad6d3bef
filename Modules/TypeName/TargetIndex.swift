/// The numbers of targets, found by the functions that they cover.
///
/// A type of its own, since it is the same for every kind of endpoint: generic code would cost more than the look-up does. So would
/// a `Dictionary`, which takes every typename that it compares out of its storage, and so touches memory that nobody has asked for.
@usableFromInline struct TargetIndex: Sendable {
    /// The functions that have a target of their own, each with its number.
    private var exact: [(function: TypeName, number: Int)] = []
    /// One more than a place in ``exact``, or 0, where a function's fingerprint leads to, or in one of the slots that follow.
    /// The count is a power of two, and a part of the slots is always 0.
    private var slots: [UInt32] = [0]
    private var namespaces: [ExactText: Int] = [:]

    /// Adds a target under a number.
    /// - Returns: the number under which it was added before; then nothing changes.
    mutating func add(_ target: TargetFunctions, number: Int) -> Int? {
        guard let function = target.typeName else {
            let known = namespaces[target.namespaceText]
            namespaces[target.namespaceText] = known ?? number
            return known
        }
        let slot = slot(of: function)
        guard slots[slot] == 0 else { return exact[Int(slots[slot]) - 1].number }
        exact.append((function, number))
        slots[slot] = UInt32(exact.count)
        if exact.count * 2 > slots.count {
            grow()
        }
        return nil
    }

    /// The number of the target that wins for a function.
    @usableFromInline func find(_ function: TypeName) -> Int? {
        findExact(function) ?? namespaces[function.namespaceText]
    }

    /// The numbers of all targets that cover a function, the winning one first.
    func findAll(_ function: TypeName) -> [Int] {
        [findExact(function), namespaces[function.namespaceText]].compactMap { $0 }
    }

    private func findExact(_ function: TypeName) -> Int? {
        let place = Int(slots[slot(of: function)])
        return place == 0 ? nil : exact[place - 1].number
    }

    /// The slot that leads to a function, or that should where none does.
    private func slot(of function: TypeName) -> Int {
        var slot = function.fingerprint & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if exact[place].function.fingerprint == function.fingerprint, exact[place].function == function { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 4)
        for place in exact.indices {
            slots[slot(of: exact[place].function)] = UInt32(place + 1)
        }
    }
}
