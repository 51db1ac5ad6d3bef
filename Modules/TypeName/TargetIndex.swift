/// Targets with their numbers, found by the functions that they cover.
///
/// A type of its own, since it is the same for every kind of endpoint: generic code would cost more than the look-up does. So would
/// a `Dictionary`, which takes every typename that it compares out of its storage. Among many targets a look-up mostly waits for
/// memory, so it touches one slot and then only the target that is meant.
@usableFromInline struct TargetIndex: Sendable {
    /// In the order in which they were added, which is that of their numbers.
    @usableFromInline private(set) var targets: [TargetFunctions] = []
    /// Half of the fingerprint of a function, and in the lower half one more than the number of its target, where the fingerprint
    /// leads to or in one of the slots that follow; 0 for none. The count is a power of two, and a part of the slots is always 0.
    private var slots: [UInt64] = [0]
    private var exactCount = 0
    private var namespaces: [ExactText: Int] = [:]

    /// Adds a target under the next number.
    /// - Returns: the number under which it was added before; then nothing changes.
    mutating func add(_ target: TargetFunctions) -> Int? {
        let number = targets.count
        if let function = target.typeName {
            if let known = findExact(function) { return known }
            insert(function.fingerprint, number)
        } else {
            if let known = namespaces[target.namespaceText] { return known }
            namespaces[target.namespaceText] = number
        }
        // Targets of one namespace mostly follow each other, and then have its text in memory once.
        targets.append(target.sharingNamespace(of: targets.last))
        return nil
    }

    private mutating func insert(_ fingerprint: Int, _ number: Int) {
        exactCount += 1
        if exactCount * 2 > slots.count {
            let filled = slots.filter { $0 != 0 }
            slots = Array(repeating: 0, count: slots.count * 4)
            filled.forEach { put($0) }
        }
        put(UInt64(UInt32(truncatingIfNeeded: fingerprint)) << 32 | UInt64(UInt32(number + 1)))
    }

    private mutating func put(_ content: UInt64) {
        var slot = Int(content >> 32) & (slots.count - 1)
        while slots[slot] != 0 {
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = content
    }

    /// The number of the target that wins for a function.
    @usableFromInline func find(_ function: TypeName) -> Int? {
        findExact(function) ?? findNamespace(of: function)
    }

    /// The numbers of all targets that cover a function, the winning one first.
    func findAll(_ function: TypeName) -> [Int] {
        [findExact(function), findNamespace(of: function)].compactMap { $0 }
    }

    private func findExact(_ function: TypeName) -> Int? {
        let half = UInt64(UInt32(truncatingIfNeeded: function.fingerprint))
        var slot = Int(half) & (slots.count - 1)
        while slots[slot] != 0 {
            if slots[slot] >> 32 == half {
                let number = Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                if targets[number].isExactly(function) { return number }
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func findNamespace(of function: TypeName) -> Int? {
        namespaces[function.namespaceText]
    }
}
