import HTTPFunctionEndpoint
import RequestReply
import SpecParser
import TestSupport
import TransportCore
import TypeName

/// One fixture, held to what really happens, with one transport.
struct FixtureRun {
    /// What `${NAME}` stands for where nothing is called.
    private static let unusedVariables = ["SERVER": "127.0.0.1:1", "TRANSPORT": KnownTransport.okHttp]

    let fixture: ConformanceFixture
    /// The transport under test; `nil` for a fixture that calls nothing.
    let transportType: String?
    /// A transport that the documentation does not know.
    let factory: (any RequestReplyClientFactory)?

    /// What is wrong.
    func problems() async -> [String] {
        do {
            return fixture.hasCalls ? try await callProblems() : try await modelProblems(variables: Self.unusedVariables)
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: - The model

    private func modelProblems(variables: [String: String]) async throws -> [String] {
        let transports = StandardTransports()
        let (_, problems) = try load(transports, registry(transports), variables)
        await shutDown(transports)
        return problems
    }

    private func load(
        _ transports: StandardTransports,
        _ registry: TransportRegistry,
        _ variables: [String: String]
    ) throws -> (ModuleReport, [String]) {
        var options = FunctionModule.Options(environment: try variables.merging(fixture.environment) { $1 })
        if let defaultTransport = try fixture.defaultTransport {
            options.defaultTransport = defaultTransport
        }
        let module = try FunctionModule(
            contentsOf: fixture.modulePath,
            options: options,
            transports: registry,
            connector: transports.connector
        )
        let report = ModuleReport(module: module, connector: transports.connector, modulePath: fixture.modulePath)
        let expected = expectation(variables)
        var functions: [String] = []
        if case .keys(let entries)? = expected["functions"] {
            functions = entries.map(\.key)
        }
        return (report, expected.differences(from: report.value(functions: functions), at: ""))
    }

    /// What is expected of the model. A fixture that says nothing about diagnostics expects none.
    private func expectation(_ variables: [String: String]) -> FixtureValue {
        let parts = ["diagnostics", "endpoints", "others", "functions", "settings"]
        return .keys(
            parts.compactMap { part in
                let value = fixture.expectation[part] ?? (part == "diagnostics" ? .list([]) : nil)
                return value.map { FixtureValue.Entry(part, $0.replacing(variables)) }
            }
        )
    }

    private func registry(_ transports: StandardTransports) -> TransportRegistry {
        var registry = transports.registry
        registry.add(OwnPropertiesTransport())
        if let factory {
            registry.add(factory)
        }
        return registry
    }

    /// A transport of somebody else is left alone: it serves all fixtures.
    private func shutDown(_ transports: StandardTransports) async {
        await transports.blocking.shutdown()
        await transports.async.shutdown()
    }

    // MARK: - The calls

    private func callProblems() async throws -> [String] {
        let folder = try TemporaryDirectory()
        let socket = folder.file("functions.sock")
        var variables = ["TRANSPORT": transportType ?? KnownTransport.okHttp, "PRODUCT": StatefunProduct.userAgent]
        var script = try CallScript(fixture.expectation)
        let firstFailure = Eventual<Void>()
        let server = Eventual<RawServer>()
        var starting: Task<Void, any Error>?
        defer { starting?.cancel() }
        switch script.place {
        case .tcp:
            let started = try await RawServer.start(.tcp, scripts: script.scripts)
            variables["SERVER"] = "127.0.0.1:\(started.port)"
            server.succeed(started)
        case .unix:
            variables["SERVER"] = socket
            server.succeed(try await RawServer.start(.unix(path: socket), scripts: script.scripts))
        case .unixAfterFirstFailure:
            variables["SERVER"] = socket
            let scripts = script.scripts
            starting = Task {
                try await firstFailure.value("a failed attempt")
                server.succeed(try await RawServer.start(.unix(path: socket), scripts: scripts))
            }
        }
        script = try CallScript(fixture.expectation.replacing(variables))
        let transports = StandardTransports()
        let registry = registry(transports)
        let (report, modelProblems) = try load(transports, registry, variables)
        guard !report.module.hasErrors else { return modelProblems }
        let functions = FunctionEndpoints(
            report.module,
            transports: registry,
            configuration: .init(metrics: FirstFailure(heard: firstFailure))
        )
        let outcomes = try await outcomes(of: script, functions, report)
        var problems = modelProblems
        for (index, (call, outcome)) in zip(script.calls, outcomes).enumerated() {
            problems += call.outcome.differences(from: outcome, at: "calls[\(index)]")
        }
        await shutDown(transports)
        return problems + arrivalProblems(script, server.current)
    }

    private func outcomes(
        of script: CallScript,
        _ functions: FunctionEndpoints,
        _ report: ModuleReport
    ) async throws -> [FixtureValue] {
        var running: [(outcome: Eventual<FixtureValue>, task: Task<Void, Never>)] = []
        defer { running.forEach { $0.task.cancel() } }
        var outcomes: [FixtureValue] = []
        for call in script.calls {
            let outcome = Eventual<FixtureValue>()
            running.append((outcome, Task { outcome.succeed(await self.outcome(of: call, functions, report)) }))
            if !script.isTogether {
                // A transport that does not keep its limits must not keep the suite.
                outcomes.append(try await outcome.value("the end of the call of \(call.address)"))
            }
        }
        for (index, call) in running.enumerated() where index >= outcomes.count {
            outcomes.append(try await call.outcome.value("the end of call \(index)"))
        }
        return outcomes
    }

    private func outcome(of call: CallScript.Call, _ functions: FunctionEndpoints, _ report: ModuleReport) async -> FixtureValue {
        do {
            let arguments = try call.arguments.map { try FunctionValue(text: $0) }
            let outcome = try await functions.invoke(try Address(parsing: call.address), arguments)
            return .keys([.init("result", outcome.result.isEmpty ? "nothing" : outcome.result.json)])
        } catch let failure as RequestReplyFailure {
            return .keys([
                .init(
                    "failure",
                    .keys([
                        .init("kind", failure.kind.description),
                        .init("message", report.plain(failure.message)),
                        .init("attempts", String(failure.attemptCount)),
                    ])
                )
            ])
        } catch {
            return .keys([.init("failure", .keys([.init("message", "\(error)")]))])
        }
    }

    private func arrivalProblems(_ script: CallScript, _ server: RawServer?) -> [String] {
        let connections = server?.connections ?? []
        guard connections.count == script.connections.count else {
            return ["connections: expected \(script.connections.count), found \(connections.count)"]
        }
        return zip(connections, script.connections).flatMap { connection, expected in
            ReceivedBytes.problems(
                connection.received,
                expected: expected,
                factory == nil ? .exact : .meaning,
                anyOrder: script.isTogether
            ).map { "connections[\(connection.index)]: \($0)" }
        }
    }
}

/// Tells when an attempt has failed.
private struct FirstFailure: RemoteInvocationMetrics {
    let heard: Eventual<Void>

    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        if failure != nil {
            heard.succeed(())
        }
    }
}
