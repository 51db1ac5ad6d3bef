import HTTPFunctionEndpoint
import SpecParser
import TransportCore
import TypeName

/// What became of a module, in the form in which fixtures say what should become of it.
struct ModuleReport {
    let module: FunctionModule
    let connector: any Connector
    /// Is left out of every text, so that no fixture depends on where it lies.
    let modulePath: String

    /// - Parameter functions: the functions to be resolved.
    func value(functions: [String]) -> FixtureValue {
        .keys([
            .init("diagnostics", .list(module.diagnostics.map { .text(plain($0.description)) })),
            .init("endpoints", .list(module.endpoints.map(endpoint))),
            .init("others", .list(module.others.map { .text($0.kind.value) })),
            .init("functions", .keys(functions.map { .init($0, function($0)) })),
            .init("settings", .keys([.init("statefun.async.max-per-task", "\(FunctionEndpoints.Configuration().maxInFlight)")])),
        ])
    }

    /// A text without the path of the module, so that places in it read `line:column`.
    func plain(_ text: String) -> String {
        text.replacing("\(modulePath):", with: "").replacing(modulePath, with: "module.yaml")
    }

    private func endpoint(_ endpoint: FunctionEndpoint) -> FixtureValue {
        let spec = endpoint.spec
        return .keys([
            .init("version", spec.version.rawValue),
            .init("functions", "\(endpoint.targets)"),
            .init("urlPathTemplate", "\(endpoint.urlPathTemplate)"),
            .init("maxNumBatchRequests", "\(spec.maxNumBatchRequests.value) (\(plain(spec.maxNumBatchRequests.source.description)))"),
            .init("waiting", spec.batchLimit.map { "at most \($0)" } ?? "any number"),
            .init("transport", "\(spec.transportType.value) (\(plain(spec.transportType.source.description)))"),
            .init(
                "options",
                .list(
                    endpoint.options.map { option in
                        .keys([.init(option.name, "\(plain(option.value)) (\(plain(option.source.description)))")])
                    }
                )
            ),
        ])
    }

    private func function(_ text: String) -> FixtureValue {
        do {
            let resolution = try module.resolve(try TypeName(parsing: text))
            let route = try connector.route(for: resolution.url, tls: nil)
            return .keys([
                .init("endpoint", resolution.endpoint.targets.description),
                .init("url", resolution.url.description),
                .init("peer", route.origin.description),
                .init("tls", route.origin.tls == nil ? "no" : "yes"),
                .init("request", route.requestTarget),
                .init("host", route.hostHeader),
            ])
        } catch {
            return .keys([.init("error", plain("\(error)"))])
        }
    }
}
