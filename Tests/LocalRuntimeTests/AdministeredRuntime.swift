import LocalRuntime
import RequestReply
import RuntimeCore
import Testing
import TransportCore

/// A runtime that a test asks as tools do, in JSON.
struct AdministeredRuntime {
    let runtime: LocalRuntime
    let functions: ScriptedFunctions

    init(
        _ functions: ScriptedFunctions,
        store: any StateStore & WaitingStore = InMemoryStateStore(),
        isStarted: Bool = true
    ) async throws {
        self.functions = functions
        runtime = LocalRuntime(
            functions.module,
            transports: TransportRegistry([functions]),
            store: store,
            configuration: LocalRuntime.Configuration(
                // What fails is not called again while a test runs.
                limits: RuntimeLimits(pauses: RetryPolicy(firstPause: .seconds(3_600), maxPause: .seconds(3_600)))
            )
        )
        if isStarted {
            try await runtime.start()
        } else {
            try await runtime.open()
        }
    }

    func ask(_ request: RuntimeRequest) async throws -> RuntimeAnswer {
        try RuntimeAnswer(decoding: await runtime.administration.answer(try request.encoded()))
    }

    func send(_ value: FunctionValue = .int(1), to address: RuntimeAddress, key: String? = nil) async throws -> RuntimeAnswer {
        try await ask(.send(to: address, typename: value.typename, value: OpaqueBytes(value.bytes), idempotencyKey: key))
    }

    func set(_ value: FunctionValue, as name: String = "seen", of address: RuntimeAddress) async throws -> RuntimeAnswer {
        try await ask(.setState(of: address, name: name, typename: value.typename, value: OpaqueBytes(value.bytes)))
    }

    /// What the address keeps as `seen`.
    func seen(by address: RuntimeAddress) async throws -> FunctionValue? {
        guard case .state(let values, _) = try await ask(.state(of: address)) else { return nil }
        return try values.first { $0.name == "seen" }.map { try EncodedValue(encoded: $0.value.bytes).decoded() }
    }

    func pending() async throws -> (summary: RuntimeAnswer.PendingSummary, found: [RuntimeAnswer.PendingAddress]) {
        let answer = try await ask(.pending(functionType: nil, after: nil, limit: 100))
        guard case .pending(let summary, let found, _) = answer else { throw UnexpectedAnswer(answer: answer) }
        return (summary, found)
    }

    func letters() async throws -> [RuntimeAnswer.LetterSummary] {
        let answer = try await ask(.deadLetters(after: nil, limit: 100))
        guard case .deadLetters(let found, _) = answer else { throw UnexpectedAnswer(answer: answer) }
        return found
    }

    /// Returns when everything that waits satisfies a condition. A broken test ends after so many looks.
    func waits(until isDone: ([RuntimeAnswer.PendingAddress]) -> Bool) async throws {
        for _ in 0..<200_000 {
            if isDone(try await pending().found) { return }
            await Task.yield()
        }
        Issue.record("what waits does not become what the test waits for")
    }

    func waitsForNothing() async throws {
        try await waits { $0.isEmpty }
    }

    func stop() async {
        await runtime.stop(drainingFor: .zero)
    }
}

struct UnexpectedAnswer: Error {
    let answer: RuntimeAnswer
}

extension RuntimeAddress {
    static func counter(_ id: String) -> RuntimeAddress { RuntimeAddress(functionType: "com.example/counter", id: id) }
}

extension RuntimeAnswer {
    /// Why nothing was done.
    var refusal: String? {
        if case .refused(let reason) = self { reason } else { nil }
    }
}
