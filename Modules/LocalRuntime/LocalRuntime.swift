public import HTTPFunctionEndpoint
public import Logging
public import NIOCore
public import NIOPosix
public import RuntimeCore
public import TransportCore

/// Runs a StateFun application: calls its functions, keeps their state, and carries their messages, without losing any.
///
/// What is accepted is stored before it is acknowledged. What a function wants done is applied in one step and stored in one
/// transaction; records leave by an egress only after that. After a crash everything goes on from what is stored: functions may
/// see the same invocations again, as the protocol allows, and their effects happen once.
public final class LocalRuntime: Sendable {
    /// What can be chosen.
    public struct Configuration: Sendable {
        public var limits: RuntimeLimits
        public var clock: RuntimeClock
        /// Where everything of the runtime happens; by default one of the loops that the whole process shares. A call is
        /// cheapest where its connection lives on the same one.
        public var loop: any EventLoop
        /// For developers; what operators should hear goes to ``report``.
        public var logger: Logger
        /// Hears what operators should know. Called from any thread; returns at once.
        public var report: @Sendable (RuntimeEvent) -> Void

        public init(
            limits: RuntimeLimits = RuntimeLimits(),
            clock: RuntimeClock = .system,
            loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger = Logger(label: "statefun.runtime"),
            report: @escaping @Sendable (RuntimeEvent) -> Void = { _ in }
        ) {
            self.limits = limits
            self.clock = clock
            self.loop = loop
            self.logger = logger
            self.report = report
        }
    }

    let shard: RuntimeShard
    private let figures: RuntimeFigures
    private let transports: TransportRegistry

    /// - Parameters:
    ///   - module: the application.
    ///   - transports: those that the module was loaded with; ``stop(drainingFor:)`` ends them.
    ///   - store: keeps what must not be lost; nobody else uses it.
    ///   - egresses: what takes what functions send out.
    public init(
        _ module: FunctionModule,
        transports: TransportRegistry,
        store: any StateStore & WaitingStore,
        egresses: [any Egress] = [],
        configuration: Configuration = Configuration()
    ) {
        let report = OutageReport(report: configuration.report)
        let figures = RuntimeFigures(now: configuration.clock.now) { report.changed($0, $1) }
        self.figures = figures
        var limits = configuration.limits
        if store is InMemoryStateStore {
            // Leaving something there would save nothing.
            limits.addressesInMemory = .max
        }
        self.transports = transports
        shard = RuntimeShard(
            loop: configuration.loop,
            store: store,
            routes: FunctionClients(module: module, transports: transports, metrics: figures),
            limits: limits,
            clock: configuration.clock,
            figures: figures,
            logger: configuration.logger,
            report: configuration.report
        )
        report.shard = shard
        initial = egresses
    }

    private let initial: [any Egress]

    /// Takes messages from outside.
    public var messages: any MessageAccepting { shard }
    /// Hands out what functions have sent out.
    public var topics: any EgressTopics { shard }
    /// Tells how it goes, and does what tools ask for.
    public var administration: any RuntimeAdministration { shard }

    /// Goes on where the store says that it stopped.
    /// - Throws: `StoreFailure` where the store cannot be used.
    public func start() async throws(StoreFailure) {
        try await open()
        await shard.started()
    }

    /// Reads the store without calling anything: what ``administration`` does can be done with it.
    public func open() async throws(StoreFailure) {
        await shard.use(initial)
        try await shard.recover()
    }

    /// Takes over another module without losing anything.
    /// - Parameters:
    ///   - module: the application from now on, loaded with the same transports.
    ///   - egresses: what takes what functions send out from now on.
    public func replace(module: FunctionModule, egresses: [any Egress]) async {
        await shard.use(egresses)
        await shard.use(FunctionClients(module: module, transports: transports, metrics: figures))
    }

    /// Accepts nothing more, gives the calls in flight `limit` to end, stores what came of them, and closes the store. What
    /// waits goes on when the runtime is started again. Records can be taken until the store is closed; whoever still waits for
    /// some then is told that there are none.
    public func stop(drainingFor limit: Duration) async {
        await drain(for: limit)
        await shard.close()
    }

    /// Accepts nothing more, and gives the calls in flight `limit` to end. Records can be taken, and put back, until the store is closed:
    /// ``stop(drainingFor:)`` has to follow, when no egress has any left to put back.
    public func drain(for limit: Duration) async {
        await shard.wait(forStore: limit)
        async let drained: Void = shard.drain()
        await withTaskGroup { group in
            for transport in transports.all {
                group.addTask { await transport.shutdown(drainingFor: limit) }
            }
        }
        await drained
    }

    /// Ends the calls in flight, and the waiting for a store that cannot store, of a ``stop(drainingFor:)`` or ``drain(for:)`` that goes on.
    public func stopNow() async {
        await shard.hurry()
        await withTaskGroup { group in
            for transport in transports.all {
                group.addTask { await transport.shutdown(drainingFor: .zero) }
            }
        }
    }
}

extension RuntimeClock {
    /// The clocks of the system.
    public static let system = RuntimeClock(
        now: { TransportInstant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) },
        wallTime: { WallTime.now }
    )
}
