import RuntimeCore
import TestSupport
import Testing

@testable import LocalRuntime

@Suite struct AddressPageTests {
    private static func address(_ number: Int) -> RuntimeAddress {
        RuntimeAddress(functionType: "example/\(number % 3)", id: "\(number)")
    }

    @Test("pages hold every address once, in order, whatever order they come in", arguments: 0..<20 as Range<UInt64>)
    func pages(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 0...60, using: &random)
        let limit = Int.random(in: 1...20, using: &random)
        let expected = (0..<count).sorted { Self.address($0) < Self.address($1) }
        var found: [Int] = []
        var last: RuntimeAddress?
        var hasMore = true
        while hasMore {
            var page = AddressPage(after: last, limit: limit)
            for number in (0..<count).shuffled(using: &random) {
                page.offer(Self.address(number), DispatchMachine.AddressID(number: number))
            }
            let numbers = page.found.map(\.number)
            #expect(numbers.count == min(limit, count - found.count))
            found += numbers
            last = numbers.last.map(Self.address)
            hasMore = page.hasMore
            #expect(hasMore == (found.count < count))
        }
        #expect(found == expected)
    }
}
