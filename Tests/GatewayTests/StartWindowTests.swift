import Testing

@testable import Gateway

/// Which calls begin at once, and when the others do.
@Suite struct StartWindowTests {
    /// A loop that looks at its sockets when the test has it look.
    private final class World: @unchecked Sendable {
        private(set) lazy var window = StartWindow(limits) { [self] in afterLook.append($0) }
        private let limits: StartWindow.Limits
        private var afterLook: [@Sendable () -> Void] = []
        private(set) var begun: [Int] = []
        private var tickets: [Int: StartWindow.Ticket] = [:]
        var asks: [Ask] = []
        /// Calls that end before they have begun.
        var endsAtOnce = false

        var lookCount: Int { afterLook.count }

        init(calls: Int, bytes: Int = .max) {
            limits = StartWindow.Limits(calls: calls, bytes: bytes)
        }

        func ask(_ numbers: some Sequence<Int>, bytes: Int = 1, for endpoint: Int = 1) {
            for number in numbers {
                let ask = Ask(number, self)
                asks.append(ask)
                if let ticket = window.take(bytes, for: endpoint, ask) { began(number, ticket) }
            }
        }

        func began(_ number: Int, _ ticket: StartWindow.Ticket) {
            begun.append(number)
            tickets[number] = ticket
            if endsAtOnce { end(number) }
        }

        func end(_ number: Int) {
            guard let ticket = tickets.removeValue(forKey: number) else { return }
            window.ended(ticket)
        }

        func look() {
            let due = afterLook
            afterLook = []
            for work in due { work() }
        }

        func newlyBegun() -> [Int] {
            defer { begun = [] }
            return begun
        }
    }

    private final class Ask: StartWindow.Waiter {
        private let number: Int
        private unowned let world: World
        var hasGone = false

        init(_ number: Int, _ world: World) {
            self.number = number
            self.world = world
        }

        func mayStart(_ ticket: StartWindow.Ticket) {
            if hasGone { return world.window.ended(ticket) }
            world.began(number, ticket)
        }
    }

    @Test("as many as the window holds begin at once, and each that ends lets the next one in line begin")
    func inOrder() {
        let world = World(calls: 3)
        world.ask(0..<6)
        #expect(world.newlyBegun() == [0, 1, 2])
        world.end(1)
        #expect(world.newlyBegun() == [3])
        world.end(0)
        world.end(2)
        #expect(world.newlyBegun() == [4, 5])
        world.ask([6])
        #expect(world.newlyBegun().isEmpty)
        world.end(3)
        #expect(world.newlyBegun() == [6])
    }

    @Test("nothing is asked of the loop where nobody waits")
    func noLine() {
        let world = World(calls: 3)
        for number in 0..<100 {
            world.ask([number])
            world.end(number)
        }
        #expect(world.lookCount == 0)
        #expect(world.newlyBegun() == Array(0..<100))
    }

    @Test("when the loop has looked and nothing has ended, the next window opens, until nobody waits")
    func slowCalls() {
        let world = World(calls: 3)
        world.ask(0..<8)
        #expect(world.newlyBegun() == [0, 1, 2])
        world.look()
        #expect(world.newlyBegun() == [3, 4, 5])
        world.look()
        #expect(world.newlyBegun() == [6, 7])
        #expect(world.lookCount == 0)
    }

    @Test("a look in which a call has ended opens no window")
    func fastCalls() {
        let world = World(calls: 3)
        world.ask(0..<8)
        world.end(0)
        #expect(world.newlyBegun() == [0, 1, 2, 3])
        world.look()
        #expect(world.newlyBegun().isEmpty)
        world.look()
        #expect(world.newlyBegun() == [4, 5, 6])
    }

    @Test("a call of an earlier window that ends lets nothing begin, so what is in flight becomes less again")
    func earlierWindow() {
        let world = World(calls: 2)
        world.ask(0..<8)
        world.look()
        #expect(world.newlyBegun() == [0, 1, 2, 3])
        world.end(0)
        world.end(1)
        world.look()
        #expect(world.newlyBegun().isEmpty)
        world.end(2)
        #expect(world.newlyBegun() == [4])
    }

    @Test("the bytes of a window are limited, and what is larger than a window still begins")
    func bytes() {
        let world = World(calls: 10, bytes: 100)
        world.ask([0], bytes: 60)
        world.ask([1], bytes: 60)
        world.ask([2], bytes: 1_000)
        #expect(world.newlyBegun() == [0, 1])
        world.end(0)
        #expect(world.newlyBegun() == [2])
        world.ask([3], bytes: 1)
        world.end(1)
        #expect(world.newlyBegun().isEmpty)
        world.end(2)
        #expect(world.newlyBegun() == [3])
    }

    @Test("whoever has gone leaves the place to the next")
    func gone() {
        let world = World(calls: 1)
        world.ask(0..<4)
        world.asks[1].hasGone = true
        world.asks[2].hasGone = true
        world.end(0)
        #expect(world.newlyBegun() == [0, 3])
    }

    @Test("a long line of calls that end before they have begun takes no deeper stack than one")
    func endAtOnce() {
        let world = World(calls: 1)
        world.ask(0..<100_000)
        world.endsAtOnce = true
        world.end(0)
        #expect(world.newlyBegun() == Array(0..<100_000))
    }

    @Test("endpoints take turns, however many calls of one wait")
    func turns() {
        let world = World(calls: 2)
        world.ask(0..<6, for: 1)
        world.ask([10, 11], for: 2)
        world.ask([20], for: 3)
        #expect(world.newlyBegun() == [0, 1])
        for number in [0, 1, 2, 10, 20, 3] { world.end(number) }
        #expect(world.newlyBegun() == [2, 10, 20, 3, 11, 4])
        world.ask([21], for: 3)
        for number in [11, 4] { world.end(number) }
        #expect(world.newlyBegun() == [5, 21])
    }

    @Test("a line that never becomes empty keeps its order")
    func steadyLine() {
        let world = World(calls: 4)
        world.ask(0..<500)
        for number in 0..<5_000 {
            world.end(number)
            world.ask([500 + number])
        }
        #expect(world.newlyBegun() == Array(0..<5_004))
    }
}
