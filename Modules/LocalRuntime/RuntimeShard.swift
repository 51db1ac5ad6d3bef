internal import HTTPFunctionEndpoint
internal import Logging
internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import Synchronization
internal import TransportCore

/// Addresses with what waits for them, their state, and everything that results do, on one event loop.
///
/// What is decided is in the machines that it holds; here it is carried out. Nothing that goes out, be it an acknowledgement
/// or an egress record, does so before the store has it.
actor RuntimeShard {
    typealias Store = any StateStore & WaitingStore

    /// Few enough that what a call needs is still near when its answer comes.
    private static let callsPerRound = 8

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    /// Where the tasks of the shard go on when what they have waited for is there. Without it they would go on on a thread that Swift
    /// keeps for tasks, and come back to the loop from there.
    nonisolated let executor: EventLoopTaskExecutor

    let store: Store
    let clock: RuntimeClock
    let limits: RuntimeLimits
    let figures: RuntimeFigures
    let report: @Sendable (RuntimeEvent) -> Void
    let logger: Logger
    var routes: FunctionClients
    var egresses = NameTable<any Egress>()

    var machine: DispatchMachine
    var addresses: [DispatchMachine.AddressID: AddressRecord] = [:]
    var recordsByAddress: [RuntimeAddress: AddressRecord] = [:]
    var functions = NameTable<FunctionRecord>()
    /// Messages that wait, and bytes of those that are in memory.
    var waitingCount = 0
    var waitingBytes = 0

    var cache = StateCache()
    var pending = PendingChanges()
    /// The group that collects changes now, and the last one that was stored.
    var group = 1
    var storedGroup = 0
    var isFlushing = false
    var pacing = CommitPacing()
    /// Begins to store what has been collected, where that waits for more.
    var flushTimer: Scheduled<Void>?
    /// A group was given up, as the runtime stops and nothing can be stored. Nothing that comes after it may be stored.
    var isAbandoned = false
    var storeFailure: StoreFailure?
    /// Records that were taken, and put back, which is not stored yet. Nothing else leads to them again.
    var comingBack: [Int64: EgressRecord] = [:]
    /// Until when they may be tried again while the runtime stops, and whether somebody does not want to wait for that.
    var storingEnd: TransportInstant?
    var isHurried = false
    /// Optional, so that one is taken out to be told and not copied: it refers to many objects.
    var commitWaiters: [Int: [CommitWaiter?]] = [:]
    /// Keys of messages that are being accepted, and who waits to do the same.
    var keysAtHand = NameTable<[CheckedContinuation<Void, Never>]>()
    /// Calls have begun since the loop last looked at its sockets.
    private var isInRound = false
    /// A request is being handed to a transport, which may have an answer before it returns.
    var isSending = false
    /// Messages that are being accepted: they do not wait for their function yet, but will. Those for an address that something waits
    /// for are counted in its record.
    var acceptingCount = 0
    var accepting: [RuntimeAddress: Int] = [:]
    var lastSequence: Int64 = 0
    /// Addresses whose values a tool changes, and who waits for the end of that.
    var changing: [RuntimeAddress: [CheckedContinuation<Void, Never>]] = [:]
    /// Dead letters that are being replayed or dropped.
    var lettersAtHand: Set<Int64> = []

    var delayed = DelayedWindow()
    var delayedTimer: (due: WallTime, timer: Scheduled<Void>)?
    var topics = NameTable<EgressQueue>()
    var takers: [EgressQueue.TakerID: WaitingTaker] = [:]
    var takerTimer: (due: NIODeadline, timer: Scheduled<Void>)?
    /// Who was the last to take records of a topic in the group that collects changes: the place among those who wait for it.
    var lastTaken = NameTable<Int>()
    nonisolated let takerNumbers = Atomic(0)

    var isStarted = false
    var isStopping = false
    var isClosing = false
    var idle: [CheckedContinuation<Void, Never>] = []
    var housekeeping: Task<Void, Never>?

    init(
        loop: any EventLoop,
        store: Store,
        routes: FunctionClients,
        limits: RuntimeLimits,
        clock: RuntimeClock,
        figures: RuntimeFigures,
        logger: Logger,
        report: @escaping @Sendable (RuntimeEvent) -> Void
    ) {
        self.loop = loop
        executor = EventLoopTaskExecutor(loop)
        self.store = store
        self.routes = routes
        self.limits = limits
        self.clock = clock
        self.figures = figures
        self.logger = logger
        self.report = report
        machine = DispatchMachine(maxInFlight: limits.maxInFlight, callsPerRound: Self.callsPerRound, pauses: limits.pauses)
    }

    // MARK: Beginning and end

    /// Goes on where the store says that it stopped. Nothing is called before ``released()``.
    func recover() async throws(StoreFailure) {
        machine.held()
        let contents = try await store.recover()
        lastSequence = contents.lastSequence
        for state in contents.registered {
            let function = function(for: state.functionType)
            machine.functionProven(function.id)
            // What was registered once was free of contradictions.
            try? function.registered.register([MissingState(state)])
        }
        for waiting in contents.waiting {
            recover(waiting)
        }
        for waiting in contents.egress {
            topics[waiting.topic] = EgressQueue(beyond: waiting.count)
        }
    }

    private func recover(_ waiting: WaitingMessages) {
        let function = function(for: waiting.address.functionType)
        count(waiting.count, for: function)
        guard hasRoom(for: function) else {
            function.beyond += waiting.count
            return
        }
        let (record, _) = open(waiting.address, of: function)
        record.spilled = waiting.count
        record.lastSequence = waiting.first - 1
    }

    /// Something waits for an address that nothing waited for.
    func open(_ address: RuntimeAddress, of function: FunctionRecord) -> (AddressRecord, [DispatchMachine.Action]) {
        let (id, actions) = machine.opened(function.id)
        let record = AddressRecord(id: id, address: address, function: function)
        addresses[id] = record
        recordsByAddress[address] = record
        if !accepting.isEmpty, let count = accepting.removeValue(forKey: address) {
            record.accepting = count
        }
        return (record, actions)
    }

    /// Begins to call.
    func started() {
        isStarted = true
        loadDelayed()
        housekeeping = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                await self?.keepHouse()
            }
        }
        perform(machine.released())
    }

    /// Begins no further call and accepts nothing more; returns when the calls in flight have ended.
    func drain() async {
        isStopping = true
        machine.held()
        housekeeping?.cancel()
        delayedTimer?.timer.cancel()
        await withCheckedContinuation { continuation in
            if machine.callsInFlight > 0 {
                idle.append(continuation)
            } else {
                continuation.resume()
            }
        }
    }

    /// Hands out nothing more, stores what is left, and closes the store.
    func close() async {
        isClosing = true
        for taker in takers.keys {
            answer(taker, with: [])
        }
        // What is stored may lead to more: records whose taker has gone meanwhile are put back.
        repeat {
            try? await flushed()
        } while !pending.isEmpty || storedGroup < group - 1
        if isAbandoned {
            await storeComingBack()
        }
        await store.close()
    }

    func nextSequence() -> Int64 {
        lastSequence += 1
        return lastSequence
    }

    // MARK: Messages

    func function(for functionType: String) -> FunctionRecord {
        if let known = functions[functionType] { return known }
        let record = FunctionRecord(
            id: DispatchMachine.FunctionID(number: functions.count),
            functionType: functionType,
            figures: figures.figures(of: functionType),
            whyUnserved: routes.whyUnserved(functionType)
        )
        functions[functionType] = record
        return record
    }

    /// How many messages may wait for an address of a function; what keeps it from being called where no endpoint serves it.
    func mostWaiting(for functionType: String) throws(RequestReplyFailure) -> Int {
        if let known = functions[functionType]?.mostWaiting { return known }
        return try route(to: functionType).maxNumBatchRequests
    }

    /// How a function is called; what keeps it from being called where no endpoint serves it.
    func route(to functionType: String) throws(RequestReplyFailure) -> FunctionClients.Entry {
        // Names that somebody makes up leave no record behind.
        guard let function = functions[functionType] else { return try routes.client(forType: functionType) }
        return try route(to: function)
    }

    func route(to function: FunctionRecord) throws(RequestReplyFailure) -> FunctionClients.Entry {
        if let known = function.route { return known }
        let route = try routes.client(forType: function.functionType)
        function.route = route
        return route
    }

    /// Puts a message where it waits for its turn.
    /// - Parameter known: the record of its address, where that is at hand.
    /// - Returns: its function.
    @discardableResult
    func deliver(_ message: consuming StoredMessage, to known: AddressRecord? = nil) -> FunctionRecord {
        var actions: [DispatchMachine.Action] = []
        let record: AddressRecord
        if let known = known ?? recordsByAddress[message.target] {
            record = known
        } else {
            let function = function(for: message.target.functionType)
            guard hasRoom(for: function) else {
                leaveBeyond(message, of: function)
                return function
            }
            (record, actions) = open(message.target, of: function)
        }
        let isMemoryFull = waitingBytes >= limits.maxWaitingBytesInMemory || record.waiting.count >= limits.messagesInMemory
        let byteCount = message.invocation.count
        if record.take(message, isMemoryFull: isMemoryFull) {
            waitingBytes += byteCount
        }
        count(1, for: record.function)
        perform(actions)
        return record.function
    }

    /// Messages for a function have become more or fewer.
    func count(_ change: Int, for function: FunctionRecord) {
        waitingCount += change
        function.waiting += change
        function.figures.change { $0.backlog += change }
    }

    // MARK: Actions

    func perform(_ actions: [DispatchMachine.Action]) {
        for action in actions {
            switch action {
            case .call(let id):
                beginRound()
                begin(id)
            case .pause(let pause, let until):
                loop.scheduleTask(in: .nanoseconds(max(0, clock.now().nanoseconds(until: until)))) { [weak self] in
                    self?.assumeIsolated { $0.pauseEnded(pause) }
                }
            case .close(let id):
                guard let record = addresses.removeValue(forKey: id) else { continue }
                recordsByAddress[record.address] = nil
                record.isClosed = true
                if record.accepting > 0 {
                    accepting[record.address] = record.accepting
                }
                record.nobodyCalls()
                closed(record)
            }
        }
    }

    private func beginRound() {
        guard !isInRound else { return }
        isInRound = true
        later { shard in
            guard shard.machine.isRoundFull else { return shard.endRound() }
            shard.loop.afterLook { shard.assumeIsolated { $0.endRound() } }
        }
    }

    private func endRound() {
        isInRound = false
        perform(machine.roundEnded())
    }

    private func pauseEnded(_ pause: DispatchMachine.PauseID) {
        perform(machine.pauseEnded(pause))
    }

    /// Takes over other endpoints. What waits for a function that could not be called is tried at once.
    func use(_ routes: FunctionClients) {
        self.routes = routes
        for function in functions.values {
            function.route = nil
            function.whyUnserved = routes.whyUnserved(function.functionType)
        }
        perform(machine.pausesCutShort())
    }
}

extension MissingState {
    init(_ state: RegisteredState) {
        let expiration: Expiration =
            switch state.expiration {
            case .never: .never
            case .afterWrite(let milliseconds): .afterWrite(.milliseconds(milliseconds))
            case .afterInvocation(let milliseconds): .afterInvocation(.milliseconds(milliseconds))
            }
        self.init(state.name, typename: state.typename, expiration: expiration)
    }
}

extension MissingState {
    /// When a value ends that is set or used now; `nil` for never.
    func expiry(from now: WallTime) -> WallTime? {
        switch expiration {
        case .never: nil
        case .afterWrite(let duration), .afterInvocation(let duration):
            now.advanced(byMilliseconds: duration.inNanoseconds / 1_000_000)
        }
    }
}

extension RegisteredState {
    init(_ state: MissingState, of functionType: String) {
        let expiration: Expiration =
            switch state.expiration {
            case .never: .never
            case .afterWrite(let duration): .afterWrite(milliseconds: duration.inNanoseconds / 1_000_000)
            case .afterInvocation(let duration): .afterInvocation(milliseconds: duration.inNanoseconds / 1_000_000)
            }
        self.init(functionType: functionType, name: state.name, typename: state.typename, expiration: expiration)
    }
}
