internal import HTTPFunctionEndpoint
internal import Logging
internal import NIOCore
internal import RequestReply
internal import RuntimeCore
internal import TransportCore
internal import TypeName

/// Addresses with what waits for them, their state, and everything that results do, on one event loop.
///
/// What is decided is in the machines that it holds; here it is carried out. Nothing that goes out, be it an acknowledgement
/// or an egress record, does so before the store has it.
actor RuntimeShard {
    typealias Store = any StateStore & WaitingStore

    /// What waits for an address, and what is being done about it.
    struct AddressRecord {
        let address: RuntimeAddress
        let function: DispatchMachine.FunctionID
        /// Messages that no call has begun with.
        var waiting: [StoredMessage] = []
        /// What the call at hand, or the next one after a failure, is made with.
        var batch: [StoredMessage] = []
        /// How many come after these and are in the store only.
        var spilled = 0
        /// The last one that is or was here; those that are in the store only come after it.
        var lastSequence: Int64 = 0
        /// What the last call failed with; `nil` where none has with this batch.
        var lastFailure: RequestReplyFailure?
        /// When the first call with this batch failed.
        var failingSince: TransportInstant?
        /// Calls that its values are with: one that has ended may not have been counted off when the next one begins.
        var calls = 0
        /// Somebody waits until no call is made.
        var idleWaiters: [CheckedContinuation<Void, Never>] = []

        var count: Int { batch.count + waiting.count + spilled }
        var hasMore: Bool { !waiting.isEmpty || spilled > 0 }
    }

    /// A function type that something waits for or has waited for.
    struct FunctionRecord {
        let id: DispatchMachine.FunctionID
        let functionType: String
        let namespace: String
        let name: String
        var registered = RegisteredStates()
        /// Messages that wait for it.
        var waiting = 0
        /// What a call failed with that is not answered yet, or was lately.
        var lastFailure: RequestReplyFailure?
        /// Why no endpoint serves it; `nil` where one does.
        var whyUnserved: String?
    }

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

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
    var addressIDs: [RuntimeAddress: DispatchMachine.AddressID] = [:]
    var functions: [DispatchMachine.FunctionID: FunctionRecord] = [:]
    var functionIDs = NameTable<DispatchMachine.FunctionID>()
    /// Messages that wait, and bytes of those that are in memory.
    var waitingCount = 0
    var waitingBytes = 0

    var cache = StateCache()
    var pending = PendingChanges()
    /// The group that collects changes now, and the last one that was stored.
    var group = 1
    var storedGroup = 0
    var isFlushing = false
    /// A group was given up, as the runtime stops and nothing can be stored. Nothing that comes after it may be stored.
    var isAbandoned = false
    var storeFailure: StoreFailure?
    var commitWaiters: [Int: [CommitWaiter]] = [:]
    /// Keys of messages that are being accepted, and who waits to do the same.
    var keysAtHand = NameTable<[CheckedContinuation<Void, Never>]>()
    /// Messages that are being accepted: they do not wait for their function yet, but will.
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
    var takers: [EgressQueue.TakerID: Taker] = [:]
    var nextTaker = 0

    var isStarted = false
    var isStopping = false
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
        self.store = store
        self.routes = routes
        self.limits = limits
        self.clock = clock
        self.figures = figures
        self.logger = logger
        self.report = report
        machine = DispatchMachine(maxInFlight: limits.maxInFlight, pauses: limits.pauses)
    }

    // MARK: Beginning and end

    /// Goes on where the store says that it stopped. Nothing is called before ``released()``.
    func recover() async throws(StoreFailure) {
        machine.held()
        let contents = try await store.recover()
        lastSequence = contents.lastSequence
        for state in contents.registered {
            let function = function(for: state.functionType)
            machine.functionProven(function)
            // What was registered once was free of contradictions.
            try? functions[function]?.registered.register([MissingState(state)])
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
        let (id, _) = machine.opened(function)
        var record = AddressRecord(address: waiting.address, function: function)
        record.spilled = waiting.count
        record.lastSequence = waiting.first - 1
        addresses[id] = record
        addressIDs[waiting.address] = id
        count(waiting.count, for: function)
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
        for taker in takers.keys {
            answer(taker, with: [])
        }
        await withCheckedContinuation { continuation in
            if machine.callsInFlight > 0 {
                idle.append(continuation)
            } else {
                continuation.resume()
            }
        }
    }

    /// Stores what is left, and closes the store.
    func close() async {
        await flushed()
        await store.close()
    }

    func nextSequence() -> Int64 {
        lastSequence += 1
        return lastSequence
    }

    // MARK: Messages

    func function(for functionType: String) -> DispatchMachine.FunctionID {
        if let known = functionIDs[functionType] { return known }
        let id = DispatchMachine.FunctionID(number: functionIDs.count)
        let slash = functionType.utf8.firstIndex(of: UInt8(ascii: "/")) ?? functionType.endIndex
        functionIDs[functionType] = id
        functions[id] = FunctionRecord(
            id: id,
            functionType: functionType,
            namespace: String(functionType[..<slash]),
            name: String(functionType[slash...].dropFirst()),
            whyUnserved: routes.whyUnserved(functionType)
        )
        return id
    }

    /// How a function is called; what keeps it from being called where no endpoint serves it.
    func route(to functionType: String) throws(RequestReplyFailure) -> FunctionClients.Entry {
        let typeName: TypeName
        do throws(TypeNameError) {
            typeName = try TypeName(parsing: functionType)
        } catch {
            throw RequestReplyFailure(.misconfigured, error.description)
        }
        return try routes.client(for: typeName)
    }

    /// Puts a message where it waits for its turn.
    func deliver(_ message: StoredMessage) {
        let id: DispatchMachine.AddressID
        var actions: [DispatchMachine.Action] = []
        if let known = addressIDs[message.target] {
            id = known
        } else {
            let function = function(for: message.target.functionType)
            (id, actions) = machine.opened(function)
            addressIDs[message.target] = id
            addresses[id] = AddressRecord(address: message.target, function: function)
        }
        let isMemoryFull = waitingBytes >= limits.maxWaitingBytesInMemory || addresses[id]?.waiting.count ?? 0 >= limits.messagesInMemory
        if addresses[id]?.take(message, isMemoryFull: isMemoryFull) == true {
            waitingBytes += message.invocation.count
        }
        if let function = addresses[id]?.function {
            count(1, for: function)
        }
        perform(actions)
    }

    /// Messages for a function have become more or fewer.
    func count(_ change: Int, for function: DispatchMachine.FunctionID) {
        waitingCount += change
        functions[function]?.waiting += change
        if let functionType = functions[function]?.functionType {
            figures.backlogChanged(functionType: functionType, by: change)
        }
    }

    // MARK: Actions

    func perform(_ actions: [DispatchMachine.Action]) {
        for action in actions {
            switch action {
            case .call(let id):
                begin(id)
            case .pause(let pause, let until):
                loop.scheduleTask(in: .nanoseconds(max(0, clock.now().nanoseconds(until: until)))) { [weak self] in
                    guard let self else { return }
                    Task { await self.pauseEnded(pause) }
                }
            case .close(let id):
                guard let record = addresses.removeValue(forKey: id) else { continue }
                addressIDs[record.address] = nil
                record.callEnded()
            }
        }
    }

    private func pauseEnded(_ pause: DispatchMachine.PauseID) {
        perform(machine.pauseEnded(pause))
    }

    /// Takes over other endpoints. What waits for a function that could not be called is tried at once.
    func use(_ routes: FunctionClients) {
        self.routes = routes
        for (id, function) in functions {
            functions[id]?.whyUnserved = routes.whyUnserved(function.functionType)
        }
        perform(machine.pausesCutShort())
    }
}

extension RuntimeShard.AddressRecord {
    /// Lets those go on who waited for the end of the call.
    func callEnded() {
        for waiter in idleWaiters {
            waiter.resume()
        }
    }

    /// - Returns: whether the message is held here; otherwise it is in the store only.
    mutating func take(_ message: StoredMessage, isMemoryFull: Bool) -> Bool {
        // One from outside waits until it is stored, while those of functions come at once and may overtake it. Whoever reads
        // the store for what comes after them does not find it.
        let isOvertaken = message.sequence < lastSequence
        guard isOvertaken || (spilled == 0 && !isMemoryFull) else {
            spilled += 1
            return false
        }
        waiting.append(message)
        lastSequence = max(lastSequence, message.sequence)
        return true
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
