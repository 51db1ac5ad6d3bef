internal import HTTPExchange
internal import HTTPFunctionEndpoint
internal import Logging
internal import NIOConcurrencyHelpers
internal import TransportCore

/// What the connections of a gateway share: who is called how, and who may call now.
final class GatewayCore: Sendable {
    /// Messages and answers up to this size do not count towards what is buffered in all.
    static let smallBody = AnswerRoom.smallAnswer

    /// Who is told when a call that waits may begin.
    private struct Turn {
        let call: CallLine.CallID
        let connection: GatewayConnection
        let endpoint: EndpointRecord
    }

    private struct State {
        var routes: GatewayRoutes
        var line: CallLine
        var lastCall: CallLine.CallID = 0
        var waiting: [CallLine.CallID: Turn] = [:]
        var connections: [ObjectIdentifier: GatewayConnection] = [:]
        var records: [String: EndpointRecord]
        var lastRecord: Int
        /// Endpoints that are not in the file any more and still have calls.
        var leaving: Set<Int> = []
        var bufferedBytes = 0
        var isStopping = false
        /// Told when nothing is in flight or in line, and when no connection is left.
        var whenQuiet: [@Sendable () -> Void] = []
        var whenEmpty: [@Sendable () -> Void] = []
    }

    let options: GatewayOptions
    /// Requests that are for no endpoint.
    let unserved: EndpointRecord
    let logger: Logger
    /// What answers count towards.
    private let answers: AnswerRoom
    private let state: NIOLockedValueBox<State>

    /// - Parameter answers: what the transports count answers on their way towards, where they do.
    init(
        options: GatewayOptions,
        answers: AnswerRoom? = nil,
        logger: Logger,
        _ makeRoutes: ((String) -> EndpointRecord) -> GatewayRoutes
    ) {
        self.options = options
        self.answers = answers ?? AnswerRoom(limit: options.maxBufferedBytes)
        self.logger = logger
        unserved = EndpointRecord(id: 0, name: "", logger: logger, isShared: true)
        var records: [String: EndpointRecord] = [:]
        var last = 0
        let routes = makeRoutes { Self.record($0, in: &records, &last, logger) }
        var line = CallLine(options.line)
        _ = line.endpointsChanged(to: routes.endpointIDs)
        state = NIOLockedValueBox(State(routes: routes, line: line, records: records, lastRecord: last))
    }

    private static func record(_ name: String, in records: inout [String: EndpointRecord], _ last: inout Int, _ logger: Logger)
        -> EndpointRecord
    {
        if let known = records[name] { return known }
        last += 1
        let record = EndpointRecord(id: last, name: name, logger: logger)
        records[name] = record
        return record
    }

    var routes: GatewayRoutes { state.withLockedValue { $0.routes } }
    var isStopping: Bool { state.withLockedValue { $0.isStopping } }
    var connectionCount: Int { state.withLockedValue { $0.connections.count } }

    /// Closes the connections to functions that no call uses.
    func closeIdle() { routes.transports.closeIdle() }

    /// Takes another state of the module file into use.
    /// - Returns: the one before.
    func replaceRoutes(_ makeRoutes: ((String) -> EndpointRecord) -> GatewayRoutes) -> GatewayRoutes {
        let (old, started) = state.withLockedValue { state in
            let old = state.routes
            let routes = makeRoutes { Self.record($0, in: &state.records, &state.lastRecord, logger) }
            state.routes = routes
            let started = Self.take(state.line.endpointsChanged(to: routes.endpointIDs), in: &state)
            // What is not in the file any more is forgotten, with the last call that is left of it.
            state.leaving = Set(state.records.values.map(\.id)).subtracting(routes.endpointIDs)
            state.records.values.forEach { Self.forget($0, in: &state) }
            return (old, started)
        }
        start(started)
        return old
    }

    /// Forgets an endpoint that is not in the file any more and has no calls.
    private static func forget(_ endpoint: EndpointRecord, in state: inout State) {
        guard !state.leaving.isEmpty, state.leaving.contains(endpoint.id),
            state.line.inFlightCount(of: endpoint.id) + state.line.waitingCount(of: endpoint.id) == 0
        else { return }
        state.leaving.remove(endpoint.id)
        state.records[endpoint.name] = nil
    }

    // MARK: - Calls

    /// Finds out how the target of a message is called, as the module file says at the moment. Whoever gets a route calls
    /// ``GatewayRoutes/leave()`` when done with it.
    func route(
        to target: TargetScanner.Target,
        in bytes: UnsafeRawBufferPointer
    ) throws(GatewayRefusal) -> (GatewayRoute, GatewayRoutes) {
        // The file may be replaced between two lines of this, but hardly each time.
        for _ in 0..<10 {
            let routes = routes
            if let route = try routes.enter(target, in: bytes) { return (route, routes) }
        }
        throw .replacing
    }

    /// A call wants to begin. `connection` is told later where it has to wait.
    /// - Parameter wasHeld: whether its message has a place in line, which is the call's now.
    func callArrived(from connection: GatewayConnection, for endpoint: EndpointRecord, wasHeld: Bool)
        -> (CallLine.Arrival, CallLine.CallID)
    {
        state.withLockedValue { state in
            state.lastCall += 1
            let id = state.lastCall
            let arrival = state.line.callArrived(id, for: endpoint.id, wasHeld: wasHeld)
            if arrival == .wait {
                state.waiting[id] = Turn(call: id, connection: connection, endpoint: endpoint)
            }
            return (arrival, id)
        }
    }

    /// A message waits in line before it has been received.
    /// - Returns: `false` where the line is full.
    func messageHeld(for endpoint: EndpointRecord) -> Bool {
        state.withLockedValue { $0.line.messageHeld(for: endpoint.id) }
    }

    /// A message does not wait any more.
    func messageReleased(for endpoint: EndpointRecord) {
        let quiet = state.withLockedValue { state in
            state.line.messageReleased(for: endpoint.id)
            Self.forget(endpoint, in: &state)
            return Self.takeQuiet(&state)
        }
        quiet.forEach { $0() }
    }

    func callEnded(for endpoint: EndpointRecord) {
        let (started, quiet) = state.withLockedValue { state in
            let started = Self.take(state.line.callEnded(for: endpoint.id), in: &state)
            Self.forget(endpoint, in: &state)
            return (started, Self.takeQuiet(&state))
        }
        start(started)
        quiet.forEach { $0() }
    }

    /// - Returns: whether the call was in line; otherwise it is beginning at this moment.
    func callLeft(_ call: CallLine.CallID, for endpoint: EndpointRecord) -> Bool {
        let (wasWaiting, quiet) = state.withLockedValue { state in
            let wasWaiting = state.line.callLeft(call, for: endpoint.id)
            if wasWaiting {
                state.waiting[call] = nil
                Self.forget(endpoint, in: &state)
            }
            return (wasWaiting, Self.takeQuiet(&state))
        }
        quiet.forEach { $0() }
        return wasWaiting
    }

    private static func take(_ action: CallLine.Action, in state: inout State) -> [Turn] {
        switch action {
        case .start(let calls): calls.compactMap { state.waiting.removeValue(forKey: $0) }
        }
    }

    private func start(_ turns: [Turn]) {
        for turn in turns {
            // Not at once: a call that ends before it returns would deepen the stack by each of those that wait.
            turn.connection.loop.execute { turn.connection.turnCame(turn.call, turn.endpoint) }
        }
    }

    /// Refuses a message of so many bytes that cannot be taken now, whomever it is for.
    func admit(_ count: Int) throws(GatewayRefusal) {
        let (limit, answerBytes) = (options.maxBufferedBytes, answers.bytes)
        let refusal = state.withLockedValue { state -> GatewayRefusal? in
            if state.isStopping { return .stopping }
            if count > limit { return .bodyAboveRoom(count, limit: limit) }
            if count > state.routes.largestPayload { return .bodyTooLong(count, limit: state.routes.largestPayload, of: nil) }
            // Answers may come while messages take all the room, so there may be none for anything.
            return state.bufferedBytes + answerBytes + (count > Self.smallBody ? count : 0) > limit ? .noRoom : nil
        }
        if let refusal { throw refusal }
    }

    /// Counts bytes of a message that have come.
    /// - Returns: `false` where there is no room for them; then nothing is counted.
    func reserve(_ count: Int) -> Bool {
        let answerBytes = answers.bytes
        return state.withLockedValue { state in
            guard state.bufferedBytes + answerBytes + count <= options.maxBufferedBytes else { return false }
            state.bufferedBytes += count
            return true
        }
    }

    /// Counts bytes of an answer that has come.
    func holdAnswer(_ count: Int) {
        answers.hold(count)
    }

    func releaseAnswer(_ count: Int) {
        answers.giveBack(count)
    }

    /// Gives back what was reserved.
    func release(_ count: Int) {
        guard count > 0 else { return }
        state.withLockedValue { $0.bufferedBytes -= count }
    }

    // MARK: - Connections

    /// A client has connected.
    func opened(_ connection: GatewayConnection) {
        state.withLockedValue { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    func closed(_ connection: GatewayConnection) {
        let empty = state.withLockedValue { state -> [@Sendable () -> Void] in
            state.connections[ObjectIdentifier(connection)] = nil
            guard state.connections.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        empty.forEach { $0() }
    }

    // MARK: - Stopping

    /// Lets no call begin any more.
    func beginStopping() {
        state.withLockedValue { $0.isStopping = true }
    }

    /// Has `handler` called when nothing is in flight or in line any more.
    func whenQuiet(_ handler: @escaping @Sendable () -> Void) {
        let quiet = state.withLockedValue { state in
            state.whenQuiet.append(handler)
            return Self.takeQuiet(&state)
        }
        quiet.forEach { $0() }
    }

    /// Has `handler` called when no connection is left.
    func whenEmpty(_ handler: @escaping @Sendable () -> Void) {
        let isEmpty = state.withLockedValue { state in
            guard !state.connections.isEmpty else { return true }
            state.whenEmpty.append(handler)
            return false
        }
        if isEmpty { handler() }
    }

    /// Does something with every connection, each on its loop.
    func forEachConnection(_ body: @escaping @Sendable (GatewayConnection) -> Void) {
        for connection in state.withLockedValue({ Array($0.connections.values) }) {
            connection.loop.execute { body(connection) }
        }
    }

    private static func takeQuiet(_ state: inout State) -> [@Sendable () -> Void] {
        guard !state.whenQuiet.isEmpty, state.line.inFlightCount == 0, state.line.waitingCount == 0 else { return [] }
        defer { state.whenQuiet = [] }
        return state.whenQuiet
    }

    // MARK: - Figures

    /// The endpoints with what they do at the moment, in the order of their names.
    var endpoints: [(record: EndpointRecord, inFlight: Int, inLine: Int)] {
        state.withLockedValue { state in
            state.records.values.sorted { $0.name < $1.name }
                .map { ($0, state.line.inFlightCount(of: $0.id), state.line.waitingCount(of: $0.id)) }
        }
    }

    var bufferedBytes: Int { state.withLockedValue { $0.bufferedBytes } + answers.bytes }
}
