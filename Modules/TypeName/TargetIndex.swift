/// Targets with their numbers, found by the functions that they cover.
///
/// A type of its own, since it is the same for every kind of endpoint: generic code would cost more than the look-up does. So would
/// a `Dictionary`, which takes every typename that it compares out of its storage. Among many targets a look-up mostly waits for
/// memory, so it touches one of the small slots and then only the target that is meant.
@usableFromInline struct TargetIndex: Sendable {
    /// In the order in which they were added, which is that of their numbers.
    @usableFromInline private(set) var targets: [TargetFunctions] = []
    /// Where the fingerprint of a function leads to, or in one of the slots that follow, one more than the number of its target; 0 for
    /// none. What bits the number leaves are of the fingerprint, and tell nearly all other functions. The count is a power of two above
    /// all numbers, and a part of the slots is always 0.
    private var slots: [UInt32] = [0, 0]
    private var namespaces: [ExactText: Int] = [:]

    /// Adds a target under the next number.
    /// - Returns: the number under which it was added before; then nothing changes.
    mutating func add(_ target: TargetFunctions) -> Int? {
        let number = targets.count
        if let function = target.typeName {
            if let known = findExact(function) { return known }
        } else {
            if let known = namespaces[target.namespaceText] { return known }
            namespaces[target.namespaceText] = number
        }
        // Targets of one namespace mostly follow each other, and then have its text in memory once.
        targets.append(target.sharingNamespace(of: targets.last))
        // No more than three of four are filled, for what is looked for in vain as well.
        if targets.count * 4 > slots.count * 3 {
            slots = Array(repeating: 0, count: slots.count * 2)
            targets.indices.forEach { put($0) }
        } else {
            put(number)
        }
        return nil
    }

    private var mask: Int { slots.count - 1 }

    /// What a slot holds of a fingerprint, beside the bits in which the number is.
    private func tag(_ fingerprint: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: fingerprint >> 32) & ~UInt32(mask)
    }

    private mutating func put(_ number: Int) {
        guard targets[number].precision == .exact else { return }
        let fingerprint = targets[number].fingerprint
        var slot = fingerprint & mask
        while slots[slot] != 0 {
            slot = (slot + 1) & mask
        }
        slots[slot] = tag(fingerprint) | UInt32(number + 1)
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
        let wanted = tag(function.fingerprint)
        var slot = function.fingerprint & mask
        while slots[slot] != 0 {
            // Of another tag there remains something, and the number is none that there is.
            let number = Int(slots[slot] ^ wanted) - 1
            if number < targets.count, targets[number].isExactly(function) { return number }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func findNamespace(of function: TypeName) -> Int? {
        namespaces[function.namespaceText]
    }
}
