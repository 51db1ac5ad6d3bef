internal import RequestReply
internal import RuntimeCore
internal import TransportCore

/// The values of addresses that were called lately, so that the store need not be asked before every call. What the store does
/// not have yet is always here.
struct StateCache: Sendable {
    /// One value of an address.
    struct Value: Hashable, Sendable {
        var value: EncodedValue
        var expires: WallTime?
    }

    private struct Entry: Sendable {
        var values: NameTable<Value>
        /// The group of changes that holds the last change of it.
        var group: Int
    }

    /// How many addresses are held, but for those that the store does not have yet.
    let capacity: Int
    // What was not asked for while one half filled up goes with the other.
    private var young: [RuntimeAddress: Entry] = [:]
    private var old: [RuntimeAddress: Entry] = [:]

    init(capacity: Int = 16_384) {
        self.capacity = max(2, capacity)
    }

    /// The values of an address; `nil` where the store has to be asked.
    mutating func values(of address: RuntimeAddress) -> NameTable<Value>? {
        if let entry = young[address] { return entry.values }
        guard let entry = old.removeValue(forKey: address) else { return nil }
        young[address] = entry
        return entry.values
    }

    /// Remembers what the store has, or what it will have when a group of changes is stored.
    /// - Parameters:
    ///   - group: that group; 0 for what the store has already.
    ///   - stored: the last group that was stored.
    mutating func remember(_ values: NameTable<Value>, of address: RuntimeAddress, group: Int, stored: Int) {
        let last = max(group, young[address]?.group ?? old[address]?.group ?? 0)
        old[address] = nil
        young[address] = Entry(values: values, group: last)
        guard young.count > capacity / 2 else { return }
        let kept = old.filter { $0.value.group > stored }
        old = young
        young = kept
    }

    /// Forgets everything that the store has.
    mutating func forget(stored: Int) {
        young = young.filter { $0.value.group > stored }
        old = old.filter { $0.value.group > stored }
    }
}
