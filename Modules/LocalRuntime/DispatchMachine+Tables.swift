extension DispatchMachine {
    /// What a failure of a call says about the function.
    enum Reach: Hashable, Sendable {
        /// It has answered something, if not what it should.
        case reached
        /// Nobody was there.
        case unreachable
        /// It cannot be said: no answer came in time.
        case unknown
    }

    /// What an address waits for, as whoever operates the runtime wants to know it.
    enum Standing: Hashable, Sendable {
        case inLine
        case called
        case pausing
        /// Its function cannot be reached, and another address finds out when it can.
        case blocked
    }

    enum State: Sendable {
        /// In line. Next: calling, gated.
        case ready
        /// Waits for what comes of another address of its function, or for the function's share of the calls. Next: ready.
        case gated
        /// Next: ready, pausing, closed.
        case calling
        /// Next: ready.
        case pausing(number: Int)
    }

    enum Gate: Sendable {
        /// No call has succeeded yet, or nobody was there the last time. The prober is the only one that may be called.
        case shut(prober: AddressID?)
        case open
    }

    struct Entry: Sendable {
        let function: FunctionID
        var state = State.ready
        /// Calls of the same batch that have failed.
        var failures = 0

        var kind: Counts.Kind {
            if failures > 0 { return .failing }
            return switch state {
            case .pausing: .failing
            case .gated: .gated
            case .ready, .calling: .atWork
            }
        }
    }

    struct Function: Sendable {
        var gate = Gate.shut(prober: nil)
        /// Those that may be called. Who does not wait any more is passed over.
        var line = Line<AddressID>()
        var gated = Line<AddressID>()
        var callsInFlight = 0
        /// Whether it is in the line of those whose addresses wait for its share of the calls.
        var isCrowded = false
        /// How many calls it may have at a time since one has ended without an answer in time: few, and one more with each that is answered.
        /// All at once could be too many again.
        var caution: Int?
        var counts = Counts()
    }

    /// All functions that there are; one that nothing is known of is as a new one is.
    struct FunctionTable: Sendable {
        private var all: [Function] = []

        subscript(id: FunctionID) -> Function {
            // Not by `_read`, which takes an allocation each time.
            get { id.number < all.count ? all[id.number] : Function() }
            _modify {
                while all.count <= id.number { all.append(Function()) }
                yield &all[id.number]
            }
        }
    }
}
