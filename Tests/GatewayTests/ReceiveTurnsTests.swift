import HTTPExchange
import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Who may receive a long message, and when.
@Suite struct ReceiveTurnsTests {
    /// A loop whose time passes when the test has it pass, beside which at first 100,000 bytes are received.
    private final class World {
        private let loop = EmbeddedEventLoop()
        let turns: ReceiveTurns
        private var asks: [Ask] = []
        private(set) var received: [Int] = []
        private(set) var begun: [Int] = []
        private var tickets: [Int: ReceiveTurns.Ticket] = [:]
        var gone: Set<Int> = []
        /// Messages whose calls end before they have been received.
        var endsAtOnce = false

        init(most: Int = .max) {
            turns = ReceiveTurns(.init(least: 100_000, most: most), on: EventLoopCallLoop(loop))
        }

        func ask(_ numbers: some Sequence<Int>, bytes: Int = 50_000, for endpoint: Int = 1, isUnread: Bool = false) {
            for number in numbers {
                if turns.hasRoom {
                    receives(number, turns.add(bytes))
                } else {
                    let ask = Ask(number, self)
                    asks.append(ask)
                    ask.waitNumber = turns.wait(ask, toReceive: bytes, for: endpoint, isUnread: isUnread)
                }
            }
        }

        func receives(_ number: Int, _ ticket: ReceiveTurns.Ticket) {
            guard !gone.contains(number) else { return turns.ended(ticket) }
            received.append(number)
            tickets[number] = ticket
            if endsAtOnce { end(number) }
        }

        func reads(_ number: Int) { begun.append(number) }

        func recount(_ number: Int, as bytes: Int) {
            tickets[number] = tickets[number].map { turns.recount($0, as: bytes) }
        }

        func end(_ number: Int) {
            guard let ticket = tickets.removeValue(forKey: number) else { return }
            turns.ended(ticket)
        }

        /// The loop looks at its sockets so often.
        func look(_ count: Int = 1) {
            for _ in 0..<count { loop.advanceTime(by: .microseconds(200)) }
        }

        /// What was received since this was asked last.
        func newlyReceived() -> [Int] {
            defer { received = [] }
            return received
        }

        func close() throws { try loop.close() }
    }

    private final class Ask: ReceiveTurns.Waiter {
        private let number: Int
        private unowned let world: World
        var waitNumber = 0

        init(_ number: Int, _ world: World) {
            self.number = number
            self.world = world
        }

        func mayReceive(_ ticket: ReceiveTurns.Ticket) { world.receives(number, ticket) }

        func readBeginning(_ number: Int) {
            if number == waitNumber { world.reads(self.number) }
        }
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
        world.ask([0], bytes: 1_000_000)
        world.ask([1], bytes: 1_000_000)
        #expect(world.newlyReceived() == [0])
        world.end(0)
        #expect(world.newlyReceived() == [1])
    }

    @Test("where the loop looks and no call has ended, more and more is received, twice as much after some 180 looks")
    func slowCalls() {
        let world = World()
        world.ask(0..<1_000)
        #expect(world.newlyReceived().count == 2)
        for count in [4, 8, 16, 32] {
            world.look(178)
            #expect((count - 1...count + 1).contains(world.received.count + 2))
        }
    }

    @Test("while calls end, no more is received beside each other, and after slow calls it becomes less again")
    func fastCalls() {
        let world = World()
        world.ask(0..<10_000)
        var next = 0
        func endInTurn(_ count: Int) {
            for _ in 0..<count {
                world.end(next)
                next += 1
                world.look()
            }
        }
        endInTurn(100)
        #expect(world.received.count == next + 2)
        world.look(500)
        let more = world.received.count - next
        #expect(more > 4)
        endInTurn(1_200)
        #expect(world.received.count - next <= more / 2 + 1)
        endInTurn(5_000)
        #expect(world.received.count == next + 2)
    }

    @Test("however slow calls are, no more than the most is received beside each other")
    func most() {
        let world = World(most: 200_000)
        world.ask(0..<10)
        world.look(10_000)
        #expect(world.newlyReceived() == [0, 1, 2, 3])
    }

    @Test("a message that turns out to be longer or shorter counts so")
    func recounted() {
        let world = World()
        world.ask(0..<4)
        world.recount(0, as: 200_000)
        world.end(1)
        #expect(world.newlyReceived() == [0, 1])
        world.recount(0, as: 10_000)
        world.ask([4])
        world.end(0)
        #expect(world.newlyReceived() == [2, 3])
    }

    @Test("whoever waits unread for a tenth of a second reads the beginning, once, and keeps the place in line")
    func unread() {
        let world = World(most: 100_000)
        world.ask(0..<3)
        world.ask([3, 4], isUnread: true)
        world.look(499)
        #expect(world.begun.isEmpty)
        world.look(2)
        #expect(world.begun == [3, 4])
        world.look(600)
        #expect(world.begun == [3, 4])
        for number in 0..<3 { world.end(number) }
        #expect(world.newlyReceived() == [0, 1, 2, 3, 4])
    }

    @Test("whoever has had a turn before is not asked to read")
    func unreadInTime() {
        let world = World()
        world.ask(0..<2)
        world.ask([2], isUnread: true)
        world.end(0)
        world.look(600)
        #expect(world.newlyReceived() == [0, 1, 2])
        #expect(world.begun.isEmpty)
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

    @Test("where nobody waits, the loop is not asked to look")
    func noLook() throws {
        let world = World()
        world.ask(0..<3)
        world.end(0)
        world.look()
        for number in 3..<10 {
            world.end(number - 2)
            world.ask([number])
        }
        try world.close()
        #expect(world.newlyReceived() == Array(0..<10))
    }
}
