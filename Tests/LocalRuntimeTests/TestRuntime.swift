import HTTPFunctionEndpoint
import NIOConcurrencyHelpers
import RequestReply
import RuntimeCore
import SpecParser
import TestSupport
import Testing
import TransportCore

@testable import LocalRuntime

/// A runtime with functions that are closures, a store that obeys, and a time of day that stands still unless it is moved.
struct TestRuntime {
    static let start = WallTime(milliseconds: 1_700_000_000_000)

    let functions: TestFunctions
    let store: CommandedStore
    let runtime: LocalRuntime
    let events: Journal<RuntimeEvent>
    private let time: NIOLockedValueBox<WallTime>

    /// - Parameters:
    ///   - store: one that another runtime has left behind.
    ///   - functions: by function type, such as `example/person`.
    ///   - targets: what the module's endpoint serves.
    init(
        on store: CommandedStore = CommandedStore(),
        limits: RuntimeLimits = RuntimeLimits(),
        batch: Int = 1_000,
        targets: String = "example/*",
        at start: WallTime = Self.start,
        egresses: [any Egress] = [TestEgress()],
        _ functions: [String: TestFunctions.Body]
    ) {
        self.init(
            on: store,
            limits: limits,
            batch: batch,
            targets: targets,
            at: start,
            egresses: egresses,
            TestFunctions(functions)
        )
    }

    init(
        on store: CommandedStore = CommandedStore(),
        limits: RuntimeLimits = RuntimeLimits(),
        batch: Int = 1_000,
        targets: String = "example/*",
        at start: WallTime = Self.start,
        egresses: [any Egress] = [TestEgress()],
        _ functions: TestFunctions
    ) {
        self.functions = functions
        self.store = store
        let time = NIOLockedValueBox(start)
        self.time = time
        let events = Journal<RuntimeEvent>()
        self.events = events
        var limits = limits
        // Pauses of real time, as short as they can be.
        limits.pauses = RetryPolicy(firstPause: .milliseconds(1), maxPause: .milliseconds(2))
        limits.pauseAfterStoreFailure = .milliseconds(1)
        runtime = LocalRuntime(
            Self.module(functions, batch: batch, targets: targets),
            transports: TransportRegistry([functions]),
            store: store,
            egresses: egresses,
            configuration: .init(
                limits: limits,
                clock: RuntimeClock(
                    now: RuntimeClock.system.now,
                    wallTime: { time.withLockedValue { $0 } }
                ),
                report: { events.append($0) }
            )
        )
    }

    static func module(
        _ functions: TestFunctions,
        batch: Int = 1_000,
        targets: String = "example/*",
        alsoServing others: String? = nil
    ) -> FunctionModule {
        let endpoints = ([targets] + [others].compactMap { $0 }).map { targets in
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: \(targets)
              urlPathTemplate: http://localhost/{function.name}
              maxNumBatchRequests: \(batch)
              transport:
                type: \(functions.transportType)
            """
        }
        return FunctionModule(
            ModuleText(file: "module.yaml", endpoints.joined(separator: "\n---\n")),
            options: .init(),
            transports: TransportRegistry([functions]),
            connector: StandardTransports().connector
        )
    }

    func started() async throws -> TestRuntime {
        try await runtime.start()
        return self
    }

    func stop() async {
        await runtime.stop(drainingFor: .seconds(30))
    }

    func send(_ functionType: String, _ id: String, _ value: FunctionValue, key: String? = nil)
        async throws(IngressRefusal)
    {
        try await runtime.messages.accept(
            IngressMessage(
                to: RuntimeAddress(functionType: functionType, id: id),
                typename: value.typename,
                .encoded(value.bytes),
                idempotencyKey: key
            )
        )
    }

    /// Moves the time of day, and sends what is due then.
    func advance(_ milliseconds: Int64) async {
        time.withLockedValue { $0 = $0.advanced(byMilliseconds: milliseconds) }
        await runtime.shard.sendDue()
    }

    /// Waits until a value that is stored is as it should be.
    func until(_ name: String, of functionType: String, _ id: String, is number: Int32?) async throws {
        try await until("\(name) of \(id) is \(number.map(String.init) ?? "not set")") {
            await self.number(name, of: functionType, id) == number
        }
    }

    /// The stored value of an `int` state.
    func number(_ name: String, of functionType: String, _ id: String) async -> Int32? {
        let states = await store.kept.state(of: [RuntimeAddress(functionType: functionType, id: id)])[0]
        guard let state = states.first(where: { $0.name == name }) else { return nil }
        guard case .int(let number)? = try? EncodedValue(encoded: state.value).decoded() else {
            return nil
        }
        return number
    }

    /// Waits until what is stored is as it should be.
    func until(_ what: String, _ isMet: () async -> Bool) async throws {
        while true {
            let count = store.commits.entries.count
            if await isMet() { return }
            try await store.commits.until(what) { $0.count > count }
        }
    }

    /// Waits until nothing waits for any function, and the runtime knows that it is stored.
    func untilEmpty() async throws {
        try await until("nothing waits") { await store.kept.recover().waiting.isEmpty }
        try await runtime.shard.flushed()
    }

    var deadLetters: [DeadLetter] {
        get async { await store.kept.deadLetters(after: 0, limit: .max) }
    }
}

/// Takes text, by the topic that stands before its colon.
struct TestEgress: Egress {
    let egressType = "example/out"

    func content(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent {
        guard let value = try? FunctionValue(typename: typename, bytes: value),
            case .string(let text) = value,
            let colon = text.firstIndex(of: ":")
        else { throw EgressFault("it is no text with a topic") }
        return EgressContent(
            topic: String(text[..<colon]),
            payload: Array(text[colon...].dropFirst().utf8)
        )
    }

    func start(from topics: any EgressTopics) async throws(ComponentFailure) -> String { "nowhere" }

    func stop(drainingFor limit: Duration) async {}
}

extension InvocationResult.Message {
    init(_ functionType: String, _ id: String, _ argument: FunctionValue) {
        let parts = functionType.split(separator: "/")
        self.init(
            to: MessageAddress(namespace: String(parts[0]), type: String(parts[1]), id: id),
            argument
        )
    }
}

enum Bodies {
    static let seen = MissingState("seen", typename: "io.statefun.types/int")

    /// Counts messages in `seen`.
    static let counter: TestFunctions.Body = { call in
        guard call.state["seen"] != nil else { return .incomplete([seen]) }
        return .result(
            InvocationResult(stateChanges: [
                StateValue("seen", .int((call.number("seen") ?? 0) + Int32(call.invocations.count)))
            ])
        )
    }

    /// Keeps nothing and does nothing.
    static let nothing: TestFunctions.Body = { _ in .result(InvocationResult()) }
}

extension RuntimeShard {
    /// Whether an address waits whose last call has failed.
    var hasFailures: Bool { addresses.values.contains { $0.lastFailure != nil } }
    var addressCount: Int { addresses.count }
}
