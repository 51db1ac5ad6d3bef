import HTTPExchange
import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Who may receive a long message, and when.
@Suite struct ReceiveTurnsTests {
    /// A loop whose time passes when the test has it pass, beside which at most 100 bytes are received in 20 ms.
    private final class World {
        let loop = EmbeddedEventLoop()
        let turns: ReceiveTurns
        private var asks: [Ask] = []
        private(set) var received: [Int] = []
        private var tickets: [Int: RecentBytes.Ticket] = [:]
        var gone: Set<Int> = []
        /// Messages whose calls end before they have been received.
        var endsAtOnce = false

        init() {
            turns = ReceiveTurns(.init(bytes: 100, lifetime: .milliseconds(20)), on: EventLoopCallLoop(loop))
        }

        func ask(_ numbers: some Sequence<Int>, bytes: Int = 50, for endpoint: Int = 1) {
            for number in numbers {
                if turns.hasRoom {
                    receives(number, turns.add(bytes))
                } else {
                    let ask = Ask(number, self)
                    asks.append(ask)
                    turns.wait(ask, toReceive: bytes, for: endpoint)
                }
            }
        }

        func receives(_ number: Int, _ ticket: RecentBytes.Ticket) {
            guard !gone.contains(number) else { return turns.ended(ticket) }
            received.append(number)
            tickets[number] = ticket
            if endsAtOnce { end(number) }
        }

        func end(_ number: Int) {
            guard let ticket = tickets.removeValue(forKey: number) else { return }
            turns.ended(ticket)
        }

        func pass(_ milliseconds: Int64) { loop.advanceTime(by: .milliseconds(milliseconds)) }

        func newlyReceived() -> [Int] {
            defer { received = [] }
            return received
        }
    }

    private final class Ask: ReceiveTurns.Waiter {
        private let number: Int
        private unowned let world: World

        init(_ number: Int, _ world: World) {
            self.number = number
            self.world = world
        }

        func mayReceive(_ ticket: RecentBytes.Ticket) { world.receives(number, ticket) }
    }

    @Test("as much as there is room for is received at once, and whenever a call ends the next one in line")
    func inOrder() {
        let world = World()
        world.ask(0..<5)
        #expect(world.newlyReceived() == [0, 1])
        world.end(1)
        #expect(world.newlyReceived() == [2])
        world.ask([5], bytes: 1)
        world.end(0)
        world.end(2)
        #expect(world.newlyReceived() == [3, 4])
        world.end(3)
        #expect(world.newlyReceived() == [5])
    }

    @Test("a message that is longer than all that may be received has its turn as well")
    func longest() {
        let world = World()
        world.ask([0], bytes: 1_000)
        world.ask([1], bytes: 1_000)
        #expect(world.newlyReceived() == [0])
        world.end(0)
        #expect(world.newlyReceived() == [1])
    }

    @Test("calls that take their time keep nobody waiting for longer than theirs")
    func slowCalls() {
        let world = World()
        world.ask(0..<2)
        world.pass(10)
        world.ask(2..<6)
        #expect(world.newlyReceived() == [0, 1])
        world.pass(9)
        #expect(world.newlyReceived().isEmpty)
        world.pass(1)
        #expect(world.newlyReceived() == [2, 3])
        world.pass(20)
        #expect(world.newlyReceived() == [4, 5])
        world.pass(20)
        world.ask([6])
        #expect(world.newlyReceived() == [6])
    }

    @Test("calls that have taken their time let nothing more be received when they end")
    func lateEnd() {
        let world = World()
        world.ask(0..<6)
        world.pass(20)
        #expect(world.newlyReceived() == [0, 1, 2, 3])
        world.end(0)
        world.end(1)
        #expect(world.newlyReceived().isEmpty)
        world.end(2)
        #expect(world.newlyReceived() == [4])
    }

    @Test("endpoints take turns, however many messages for one wait")
    func endpoints() {
        let world = World()
        world.ask(0..<6, for: 1)
        world.ask([10, 11], for: 2)
        #expect(world.newlyReceived() == [0, 1])
        for number in [0, 1, 2, 10] { world.end(number) }
        #expect(world.newlyReceived() == [2, 10, 3, 11])
    }

    @Test("who has gone leaves the turn to the next one")
    func gone() {
        let world = World()
        world.ask(0..<5)
        world.gone = [2, 3]
        world.end(0)
        #expect(world.newlyReceived() == [0, 1, 4])
    }

    @Test("a long line of messages whose calls end at once takes no deeper stack than one")
    func endAtOnce() {
        let world = World()
        world.ask(0..<20_000)
        world.endsAtOnce = true
        world.end(0)
        #expect(world.newlyReceived() == Array(0..<20_000))
    }

    @Test("where nobody waits, no timer is left")
    func noTimer() throws {
        let world = World()
        world.ask(0..<3)
        world.pass(20)
        world.pass(20)
        #expect(world.newlyReceived() == [0, 1, 2])
        for number in 3..<10 {
            world.ask([number])
            world.end(number)
        }
        try world.loop.close()
        #expect(world.newlyReceived() == Array(3..<10))
    }
}
