import Testing

@testable import BlockingTransport

@Suite struct CallLineTests {
    @Test("who waits comes first come first served, without those who have left")
    func order() {
        var line = CallLine<Int>()
        let numbers = (0..<6).map { line.append($0) }
        #expect(line.popFirst() == 0)
        for index in [2, 1, 4] { line.leave(numbers[index]) }
        #expect(line.count == 2)
        #expect(line.popFirst() == 3)
        #expect(line.popFirst() == 5)
        #expect(line.popFirst() == nil)
        #expect(line.count == 0)
        #expect(line.storedCount == 0)
    }

    @Test("who is not in line any more cannot leave it")
    func leavingTwice() {
        var line = CallLine<Int>()
        let (first, second) = (line.append(1), line.append(2))
        _ = line.append(3)
        #expect(line.popFirst() == 1)
        line.leave(first)
        line.leave(second)
        line.leave(second)
        #expect(line.count == 1)
        #expect(line.removeAll() == [3])
        line.leave(second)
        #expect(line.count == 0)
        let last = line.append(4)
        line.leave(first)
        #expect(line.popFirst() == 4)
        line.leave(last)
        #expect(line.count == 0)
    }

    @Test("the places of those who have left do not add up, and the others keep theirs")
    func sweeping() {
        var line = CallLine<Int>()
        let numbers = (0..<10_000).map { line.append($0) }
        for number in 0..<10 { #expect(line.popFirst() == number) }
        for number in 10..<10_000 where number % 100 != 0 { line.leave(numbers[number]) }
        #expect(line.count == 99)
        #expect(line.storedCount < 300)
        line.leave(numbers[200])
        #expect((0..<98).map { _ in line.popFirst() } == [100] + (3..<100).map { $0 * 100 })
        #expect(line.popFirst() == nil)
        #expect(line.count == 0)
    }

    @Test("what has left or has had its turn is let go of at once")
    func releasing() {
        final class Payload: Sendable {}
        var line = CallLine<Payload>()
        weak var first: Payload?
        weak var second: Payload?
        func join() -> CallLine<Payload>.Number {
            let (one, two) = (Payload(), Payload())
            (first, second) = (one, two)
            _ = line.append(one)
            defer { _ = line.append(Payload()) }
            return line.append(two)
        }
        let number = join()
        #expect(first != nil && second != nil)
        line.leave(number)
        #expect(second == nil)
        _ = line.popFirst()
        #expect(first == nil)
        #expect(line.count == 1)
    }
}
