/// Decides which calls are made now, which wait in line, and which are refused: a limit for all together and one for each
/// endpoint, of both what is in flight and what waits.
///
/// Each endpoint has a line of its own, first come first served; places that come free go round among the lines. So a function
/// that is down or slow fills its own line, and takes nothing from the others that they are sure to get.
struct CallLine: Equatable {
    /// Names a call. Later calls have larger numbers.
    typealias CallID = UInt64

    struct Limits: Equatable {
        var inFlight: Int
        var inFlightPerEndpoint: Int
        var waiting: Int
    }

    /// What becomes of a call that has come.
    enum Arrival: Equatable {
        case start
        case wait
        /// The line is full.
        case refuse
    }

    /// What is to be done after a change: the calls that begin now, in this order.
    enum Action: Equatable {
        case start([CallID])
    }

    private var inFlight: SharedPlaces
    private var waiting: SharedPlaces
    private var lines: [Int: WaitingCalls] = [:]
    /// The endpoints that calls wait for, the one whose turn it is first.
    private var turns: [Int] = []

    init(_ limits: Limits) {
        inFlight = SharedPlaces(total: limits.inFlight, perEndpoint: limits.inFlightPerEndpoint)
        waiting = SharedPlaces(total: limits.waiting, perEndpoint: limits.waiting)
    }

    /// Calls in flight in all.
    var inFlightCount: Int { inFlight.taken }
    /// Calls in line in all.
    var waitingCount: Int { waiting.taken }
    func inFlightCount(of endpoint: Int) -> Int { inFlight.taken(by: endpoint) }
    func waitingCount(of endpoint: Int) -> Int { waiting.taken(by: endpoint) }

    /// Says which endpoints there are from now on. Calls for others go on.
    mutating func endpointsChanged(to endpoints: Set<Int>) -> Action {
        inFlight.share(among: endpoints)
        waiting.share(among: endpoints)
        return .start(takeFree())
    }

    /// A message waits in line before it has been received, and its call has come.
    /// - Returns: `false` where the line is full.
    mutating func messageHeld(for endpoint: Int) -> Bool {
        waiting.take(for: endpoint)
    }

    /// A message does not wait any more.
    mutating func messageReleased(for endpoint: Int) {
        waiting.giveBack(by: endpoint)
    }

    /// A call has come. Its number is larger than those before.
    /// - Parameter wasHeld: whether its message has a place in line, which is the call's now.
    mutating func callArrived(_ call: CallID, for endpoint: Int, wasHeld: Bool = false) -> Arrival {
        if wasHeld { waiting.giveBack(by: endpoint) }
        if lines.isEmpty || lines[endpoint] == nil, inFlight.take(for: endpoint) { return .start }
        guard waiting.take(for: endpoint) else { return .refuse }
        if lines[endpoint] == nil {
            turns.append(endpoint)
        }
        lines[endpoint, default: WaitingCalls()].append(call)
        return .wait
    }

    /// A call that had begun has ended.
    mutating func callEnded(for endpoint: Int) -> Action {
        inFlight.giveBack(by: endpoint)
        return .start(turns.isEmpty ? [] : takeFree())
    }

    /// A call leaves the line without having begun.
    /// - Returns: whether it was in line; otherwise it has begun, or ended.
    mutating func callLeft(_ call: CallID, for endpoint: Int) -> Bool {
        guard lines[endpoint]?.remove(call) == true else { return false }
        waiting.giveBack(by: endpoint)
        if lines[endpoint]?.count == 0 {
            lines[endpoint] = nil
            turns.removeAll { $0 == endpoint }
        }
        return true
    }

    /// Gives free places to those in line, one call of each endpoint after the other.
    private mutating func takeFree() -> [CallID] {
        var started: [CallID] = []
        var index = 0
        while index < turns.count {
            let endpoint = turns[index]
            guard inFlight.hasPlace(for: endpoint), let call = lines[endpoint]?.takeFirst() else {
                index += 1
                continue
            }
            waiting.giveBack(by: endpoint)
            inFlight.take(for: endpoint)
            started.append(call)
            turns.remove(at: index)
            if lines[endpoint]?.count == 0 {
                lines[endpoint] = nil
            } else {
                turns.append(endpoint)
            }
        }
        return started
    }
}
