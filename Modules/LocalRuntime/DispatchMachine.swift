internal import TransportCore

/// Decides which address is called next: one call at a time for each, so many at a time in all. The addresses of a function are served
/// in the order in which they came, and functions take turns, so that one with few messages does not wait for one with many.
/// A value: time and chance come as arguments.
///
/// What fails waits alone. Where a function cannot be reached at all, one of its addresses tries on and the others wait for
/// what comes of it, so that nobody is called in vain; the first call of a function goes alone for the same reason, since it
/// is the one that registers the function's state.
///
/// No more than a few calls begin in one round, which lasts until the answers to earlier ones have been looked at. So a function
/// that answers at once has few calls in flight, and what comes meanwhile for other addresses waits and travels together, while
/// one that takes its time has as many as may be after some rounds.
struct DispatchMachine: Sendable {
    struct AddressID: Hashable, Sendable {
        let number: Int
    }

    struct FunctionID: Hashable, Sendable {
        /// Counted from 0, without gaps.
        let number: Int
    }

    /// A pause of an address; another one has another number.
    struct PauseID: Hashable, Sendable {
        let address: AddressID
        let number: Int
    }

    enum Action: Hashable, Sendable {
        /// Call the address with what waits for it.
        case call(AddressID)
        /// Report ``DispatchMachine/pauseEnded(_:)`` then.
        case pause(PauseID, until: TransportInstant)
        /// Nothing waits for the address any more.
        case close(AddressID)
    }

    let maxInFlight: Int
    /// How many calls may begin in one round.
    let callsPerRound: Int
    let pauses: RetryPolicy
    private(set) var callsInFlight = 0
    private var entries: [AddressID: Entry] = [:]
    private var functions = FunctionTable()
    /// The functions with a line, the one whose turn it is first.
    private var turns = Line<FunctionID>()
    /// Those with addresses that wait for their share of the calls, each once.
    private var crowded = Line<FunctionID>()
    private var nextAddress = 0
    private var nextPause = 0
    private var begunInRound = 0
    /// Begins nothing while there is a reason.
    private(set) var isHeld = false

    init(maxInFlight: Int, callsPerRound: Int = .max, pauses: RetryPolicy) {
        self.maxInFlight = max(1, maxInFlight)
        self.callsPerRound = max(1, callsPerRound)
        self.pauses = pauses
    }

    var addressCount: Int { entries.count }

    /// Whether nothing more begins before ``roundEnded()``.
    var isRoundFull: Bool { begunInRound >= callsPerRound }

    /// How many calls of its batch have failed.
    func failures(of address: AddressID) -> Int { entries[address]?.failures ?? 0 }

    func standing(of address: AddressID) -> Standing {
        guard let entry = entries[address] else { return .inLine }
        switch entry.state {
        case .ready: return .inLine
        case .calling: return .called
        case .pausing: return .pausing
        case .gated:
            // Behind an open gate it waits for the function's share of the calls only.
            if case .shut = functions[entry.function].gate { return .blocked }
            return .inLine
        }
    }

    /// How many addresses something waits for, by function, and how many of them wait because of a failure.
    func counts(of function: FunctionID) -> (all: Int, blocked: Int) {
        let function = functions[function]
        let isShut = if case .shut = function.gate { true } else { false }
        return (function.counts.all, function.counts.failing + (isShut ? function.counts.gated : 0))
    }

    func isCalling(_ address: AddressID) -> Bool {
        if case .calling = entries[address]?.state { true } else { false }
    }

    // MARK: Events

    /// A function is known to answer, such as from before a restart: its state is registered.
    mutating func functionProven(_ function: FunctionID) {
        functions[function].gate = .open
    }

    /// Something waits for an address that nothing waited for.
    mutating func opened(_ function: FunctionID) -> (AddressID, [Action]) {
        let id = AddressID(number: nextAddress)
        nextAddress += 1
        let entry = Entry(function: function)
        entries[id] = entry
        functions[function].counts.moved(from: nil, to: entry.kind)
        joinLine(id)
        return (id, beginCalls())
    }

    /// A call has been answered, and its batch is done.
    /// - Parameter hasMore: whether something else waits for the address.
    mutating func callSucceeded(_ address: AddressID, hasMore: Bool) -> [Action] {
        guard end(address) else { return [] }
        if let function = entries[address]?.function {
            openGate(of: function)
        }
        return done(address, hasMore: hasMore)
    }

    /// A call has failed, and its batch has been given up.
    mutating func batchDropped(_ address: AddressID, reach: Reach, hasMore: Bool) -> [Action] {
        guard end(address), let function = entries[address]?.function else { return [] }
        if settleGate(of: function, after: address, reach) {
            // The next one finds out.
            functions[function].gate = .shut(prober: nil)
            admit(function, limit: 1)
        }
        return done(address, hasMore: hasMore)
    }

    /// No call could be made, which says nothing about the function; the same batch is to be sent after a pause.
    mutating func callNotMade(_ address: AddressID, at now: TransportInstant) -> [Action] {
        guard end(address) else { return [] }
        passOnGate(of: address)
        return [pause(address, for: pauses.pause(after: 4, chance: 0), at: now)] + beginCalls()
    }

    /// A call has ended, and what is to be sent now is another batch than before, or nothing.
    mutating func batchReplaced(_ address: AddressID, hasMore: Bool) -> [Action] {
        guard end(address) else { return [] }
        passOnGate(of: address)
        return done(address, hasMore: hasMore)
    }

    /// A call has failed; the same batch is to be sent again after a pause.
    /// - Parameters:
    ///   - wait: how long the peer asks to wait at least.
    ///   - chance: what chance decided about the pause, from 0 to 1.
    mutating func callFailed(_ address: AddressID, reach: Reach, wait: Duration?, at now: TransportInstant, chance: Double) -> [Action] {
        guard end(address), let function = entries[address]?.function else { return [] }
        let failures = (entries[address]?.failures ?? 0) + 1
        change(address) { $0.failures = failures }
        let isProber = settleGate(of: function, after: address, reach)
        if case .shut(let prober) = functions[function].gate, prober != nil, !isProber {
            // Another one finds out.
            change(address) { $0.state = .gated }
            functions[function].gated.append(address)
            return beginCalls()
        }
        let length = max(pauses.pause(after: failures, chance: chance), min(wait ?? .zero, .seconds(60)))
        return [pause(address, for: length, at: now)] + beginCalls()
    }

    /// The time of a pause has come. One that is over already is ignored.
    mutating func pauseEnded(_ pause: PauseID) -> [Action] {
        guard case .pausing(pause.number) = entries[pause.address]?.state else { return [] }
        change(pause.address) { $0.state = .ready }
        joinLine(pause.address)
        return beginCalls()
    }

    /// Somebody has mended what failed: whoever pauses is called at once.
    mutating func pausesCutShort() -> [Action] {
        for (id, entry) in entries.sorted(by: { $0.key.number < $1.key.number }) {
            guard case .pausing = entry.state else { continue }
            change(id) { $0.state = .ready }
            joinLine(id)
        }
        return beginCalls()
    }

    /// No call begins until ``released()``.
    mutating func held() {
        isHeld = true
    }

    mutating func released() -> [Action] {
        isHeld = false
        return beginCalls()
    }

    /// The answers to calls of the round have been looked at, as far as they have come.
    mutating func roundEnded() -> [Action] {
        begunInRound = 0
        return beginCalls()
    }

    // MARK: Steps

    /// Every change of an entry goes this way, so that it is counted.
    private mutating func change(_ address: AddressID, _ body: (inout Entry) -> Void) {
        guard let index = entries.index(forKey: address) else { return }
        let (function, before) = (entries.values[index].function, entries.values[index].kind)
        body(&entries.values[index])
        let after = entries.values[index].kind
        if before != after {
            functions[function].counts.moved(from: before, to: after)
        }
    }

    /// Takes a call that has ended off the count; `false` where there was none.
    private mutating func end(_ address: AddressID) -> Bool {
        guard isCalling(address), let function = entries[address]?.function else { return false }
        callsInFlight -= 1
        functions[function].callsInFlight -= 1
        // Whoever has waited longest for the function's share of the calls takes this one's place.
        admitToShare(of: function, first: true)
        // Where others have fewer calls, a function may have more.
        if let next = crowded.popFirst() {
            functions[next].isCrowded = false
            if next != function { admitToShare(of: next) }
            noteCrowd(of: next)
        }
        return true
    }

    private mutating func admitToShare(of function: FunctionID, first: Bool = false) {
        let (gate, isFull) = standing(of: function)
        if case .open = gate, !isFull {
            admit(function, limit: 1, first: first)
        }
    }

    private mutating func noteCrowd(of function: FunctionID) {
        guard !functions[function].isCrowded, !functions[function].gated.isEmpty, case .open = functions[function].gate else { return }
        functions[function].isCrowded = true
        crowded.append(function)
    }

    /// How many calls a function may have in flight: never all that the others leave, so that however many are slow there is room for
    /// another one, and few where it did not answer in time lately.
    private func share(of function: Function) -> Int {
        let left = maxInFlight - (callsInFlight - function.callsInFlight)
        return min(max(1, left - left / 4), function.caution ?? .max)
    }

    /// Not the function itself: its line would be copied when it grows.
    private func standing(of function: FunctionID) -> (gate: Gate, isFull: Bool) {
        (functions[function].gate, functions[function].callsInFlight >= share(of: functions[function]))
    }

    private mutating func pause(_ address: AddressID, for length: Duration, at now: TransportInstant) -> Action {
        nextPause += 1
        let number = nextPause
        change(address) { $0.state = .pausing(number: number) }
        return .pause(PauseID(address: address, number: number), until: now.advanced(by: length))
    }

    /// Where the address was the one that finds out about its function, another one does now.
    private mutating func passOnGate(of address: AddressID) {
        guard let function = entries[address]?.function, case .shut(address) = functions[function].gate else { return }
        functions[function].gate = .shut(prober: nil)
        admit(function, limit: 1)
    }

    private mutating func done(_ address: AddressID, hasMore: Bool) -> [Action] {
        var actions: [Action] = []
        if hasMore {
            change(address) {
                $0.failures = 0
                $0.state = .ready
            }
            joinLine(address)
        } else {
            close(address)
            actions.append(.close(address))
        }
        beginCalls(&actions)
        return actions
    }

    private mutating func close(_ address: AddressID) {
        if let entry = entries.removeValue(forKey: address) {
            functions[entry.function].counts.moved(from: entry.kind, to: nil)
        }
        // A table keeps the room that it once needed, such as for a million addresses in a moment of trouble.
        if entries.isEmpty, entries.capacity > 4_096 {
            entries = [:]
        }
    }

    private mutating func openGate(of function: FunctionID) {
        if let caution = functions[function].caution {
            functions[function].caution = caution < maxInFlight ? caution + 1 : nil
            admitToShare(of: function)
        }
        guard case .shut = functions[function].gate else { return }
        functions[function].gate = .open
        admit(function, limit: .max)
    }

    /// Decides what a failed call means for the other addresses of its function.
    /// - Returns: whether the address is the one that finds out.
    private mutating func settleGate(of function: FunctionID, after address: AddressID, _ reach: Reach) -> Bool {
        let gate = functions[function].gate
        if reach == .unknown {
            functions[function].caution = 4
        }
        switch (gate, reach) {
        case (.open, .reached), (.open, .unknown):
            return false
        case (.open, .unreachable):
            functions[function].gate = .shut(prober: address)
            return true
        case (.shut(address), .unreachable):
            return true
        case (.shut(address), .reached), (.shut(address), .unknown):
            // It answers, if not this one: the next one may be luckier.
            functions[function].gate = .shut(prober: nil)
            admit(function, limit: 1)
            return false
        case (.shut(nil), .unreachable):
            functions[function].gate = .shut(prober: address)
            return true
        case (.shut, _):
            return false
        }
    }

    /// - Parameter first: whether the address goes before everybody there.
    private mutating func joinLine(_ address: AddressID, first: Bool = false) {
        guard let function = entries[address]?.function else { return }
        let isNew = functions[function].line.isEmpty
        if first {
            functions[function].line.prepend(address)
            if isNew { turns.prepend(function) }
        } else {
            functions[function].line.append(address)
            if isNew { turns.append(function) }
        }
    }

    private mutating func nextInLine() -> AddressID? {
        guard let function = turns.popFirst() else { return nil }
        let address = functions[function].line.popFirst()
        if !functions[function].line.isEmpty { turns.append(function) }
        return address
    }

    /// Puts addresses that wait for their function back into the line.
    /// - Parameter first: whether they go before everybody there.
    private mutating func admit(_ function: FunctionID, limit: Int, first: Bool = false) {
        var admitted = 0
        while admitted < limit, let id = functions[function].gated.popFirst() {
            guard case .gated = entries[id]?.state else { continue }
            change(id) { $0.state = .ready }
            joinLine(id, first: first)
            admitted += 1
        }
    }

    /// Begins calls for those in line, as long as there is room.
    private mutating func beginCalls() -> [Action] {
        var actions: [Action] = []
        beginCalls(&actions)
        return actions
    }

    private mutating func beginCalls(_ actions: inout [Action]) {
        guard !isHeld else { return }
        while callsInFlight < maxInFlight, !isRoundFull, let id = nextInLine() {
            guard let entry = entries[id], case .ready = entry.state else { continue }
            let (gate, isFull) = standing(of: entry.function)
            switch gate {
            case .open where isFull:
                change(id) { $0.state = .gated }
                functions[entry.function].gated.append(id)
                noteCrowd(of: entry.function)
                continue
            case .open, .shut(id):
                break
            case .shut(nil):
                functions[entry.function].gate = .shut(prober: id)
            case .shut:
                change(id) { $0.state = .gated }
                functions[entry.function].gated.append(id)
                continue
            }
            change(id) { $0.state = .calling }
            callsInFlight += 1
            begunInRound += 1
            functions[entry.function].callsInFlight += 1
            actions.append(.call(id))
        }
    }
}
