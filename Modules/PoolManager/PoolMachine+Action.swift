internal import TransportCore

extension PoolMachine {
    /// What is to be done. Where an event asks for several things, they are done in their order.
    enum Action: Equatable {
        /// Begin to connect, within the limits of that waiter, and report `connected` or `connectFailed` once.
        case connect(ConnectionID, for: WaiterID)
        /// Cancel an attempt to connect. Its outcome is still to be reported.
        case callOff(ConnectionID)
        /// Close a connection and report `connectionClosed`.
        case close(ConnectionID)
        /// Lend a connection to a waiter, which has left the line.
        case grant(ConnectionID, to: WaiterID)
        /// Tell a waiter, which has left the line, that it gets nothing.
        case fail(WaiterID, Refusal)
        /// Have the timer fire at an instant, with this number, instead of whenever it would have fired before.
        case rearm(TimerNumber, at: TransportInstant)
        /// Have the timer not fire at all.
        case disarm
        /// Nothing is left of the pool, and it has been shut down.
        case finish
    }

    /// Why a waiter gets nothing.
    enum Refusal: Equatable {
        /// Too many wait already.
        case lineFull
        /// Its call is over.
        /// - Parameter whileOpening: whether nothing but connections being opened was waited for.
        case deadlinePassed(whileOpening: Bool)
        /// A connection could not be opened, for the reason just reported.
        case connectFailed
        /// The pool has been shut down.
        case shutDown
    }

    /// Tells one setting of the timer from another.
    struct TimerNumber: Hashable {
        var number: UInt64 = 0
    }
}

/// The actions of one event. Holds one without an array of its own, which is what an event on the hot path asks for.
struct PoolActions: Sequence, ExpressibleByArrayLiteral {
    private var first: PoolMachine.Action?
    private var others: [PoolMachine.Action] = []

    init() {}

    init(arrayLiteral actions: PoolMachine.Action...) {
        actions.forEach { append($0) }
    }

    /// The action, where there is exactly one.
    var only: PoolMachine.Action? { others.isEmpty ? first : nil }

    mutating func append(_ action: PoolMachine.Action) {
        if first == nil {
            first = action
        } else {
            others.append(action)
        }
    }

    func makeIterator() -> Iterator {
        Iterator(actions: self)
    }

    struct Iterator: IteratorProtocol {
        fileprivate let actions: PoolActions
        private var position = -1

        fileprivate init(actions: PoolActions) {
            self.actions = actions
        }

        mutating func next() -> PoolMachine.Action? {
            position += 1
            if position == 0 { return actions.first }
            return position <= actions.others.count ? actions.others[position - 1] : nil
        }
    }
}

extension PoolActions: Equatable {}
