import RequestReply
import RuntimeCore
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct StateCacheTests {
    private func address(_ number: Int) -> RuntimeAddress {
        RuntimeAddress(functionType: "example/person", id: "\(number)")
    }

    private func values(_ number: Int) -> NameTable<StateCache.Value> {
        ["seen": StateCache.Value(value: EncodedValue(.int(Int32(number))), expires: nil)]
    }

    @Test("what was called lately is here, what was not for long is not, and room is bounded")
    func capacity() {
        var cache = StateCache(capacity: 8)
        for number in 0..<100 {
            cache.remember(values(number), of: address(number), group: 0, stored: 0)
            // Who is asked for all the time stays.
            #expect(cache.values(of: address(0)) == values(0))
        }
        let here = (0..<100).filter { cache.values(of: address($0)) != nil }
        #expect(here.contains(0) && here.contains(99))
        #expect(here.count <= 9)
    }

    @Test("an address without values is known to have none")
    func noValues() {
        var cache = StateCache()
        #expect(cache.values(of: address(1)) == nil)
        cache.remember([:], of: address(1), group: 0, stored: 0)
        #expect(cache.values(of: address(1)) == [:])
    }

    @Test("only what the store has is forgotten")
    func forget() {
        var cache = StateCache()
        cache.remember(values(1), of: address(1), group: 1, stored: 0)
        cache.remember(values(2), of: address(2), group: 2, stored: 0)
        cache.remember(values(3), of: address(3), group: 0, stored: 0)
        cache.forget(stored: 1)
        #expect(cache.values(of: address(1)) == nil)
        #expect(cache.values(of: address(2)) == values(2))
        #expect(cache.values(of: address(3)) == nil)
    }

    @Test("it never holds anything but the last values, and always those that the store does not have", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var cache = StateCache(capacity: Int.random(in: 2...12, using: &random))
        var model: [RuntimeAddress: (values: NameTable<StateCache.Value>, group: Int)] = [:]
        var group = 1
        var stored = 0
        for step in 0..<3_000 {
            let address = address(Int.random(in: 0..<30, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                cache.remember(values(step), of: address, group: group, stored: stored)
                model[address] = (values(step), group)
            case 4..<8:
                let found = cache.values(of: address)
                let (expected, changed) = model[address] ?? ([:], 0)
                if let found {
                    #expect(found == expected)
                } else {
                    #expect(changed <= stored, "values are gone that the store does not have")
                    // The store is asked, and what it says is kept.
                    cache.remember(expected, of: address, group: 0, stored: stored)
                }
            case 8:
                group += 1
                stored = Int.random(in: stored..<group, using: &random)
            default:
                cache.forget(stored: stored)
            }
        }
    }
}
