/// The numbers of targets, found by the fingerprints of the functions and by the namespaces that they cover.
///
/// A look-up touches one slot, and then only the target that has the fingerprint: with many targets it waits for memory more than for
/// anything else. A `Dictionary` takes every typename that it compares out of its storage.
@usableFromInline struct TargetIndex: Sendable {
    /// Half of a fingerprint, and in the lower half one more than the number of its target, where the fingerprint leads to or in one of
    /// the slots that follow; 0 for none. The count is a power of two, and a part of the slots is always 0.
    @usableFromInline private(set) var slots: [UInt64] = [0]
    private var exactCount = 0
    private var namespaces: [ExactText: Int] = [:]

    /// Adds a target that is for one function.
    mutating func addExact(_ fingerprint: Int, number: Int) {
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

    /// Adds a target that is for all functions of a namespace.
    mutating func addNamespace(_ namespace: ExactText, number: Int) {
        namespaces[namespace] = number
    }

    /// The number of the target that is for one function.
    /// - Parameter isMeant: whether the target of a number, which may have another fingerprint in rare cases, is for that function.
    @inlinable func findExact(_ fingerprint: Int, _ isMeant: (Int) -> Bool) -> Int? {
        let half = UInt64(UInt32(truncatingIfNeeded: fingerprint))
        var slot = Int(half) & (slots.count - 1)
        while slots[slot] != 0 {
            if slots[slot] >> 32 == half {
                let number = Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                if isMeant(number) { return number }
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The number of the target that is for all functions of a namespace.
    func findNamespace(_ namespace: ExactText) -> Int? {
        namespaces.isEmpty ? nil : namespaces[namespace]
    }

    /// The number of the target that is for all functions of the namespace of one.
    @usableFromInline func findNamespace(of function: TypeName) -> Int? { findNamespace(function.namespaceText) }
}
