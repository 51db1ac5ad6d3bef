import HTTPFunctionEndpoint
import Logging
import PlaygroundIO
import RuntimeCore
import SpecParser
import TransportCore

/// The components of a module beside its endpoints, as `statefun run` serves them.
struct RunComponents {
    /// An ingress of the playground, by the port that the module file gives it.
    private(set) var ingresses: [PlaygroundIngressSpec] = []
    private(set) var egresses: [PlaygroundEgressSpec] = []
    /// What is wrong with them, in the order of the file.
    private(set) var diagnostics: [SpecDiagnostic] = []

    private let file: String

    /// - Parameter skipsUnsupported: whether a component of a kind that cannot be served is no error.
    init(_ module: FunctionModule, skipsUnsupported: Bool) {
        file = module.text.file
        for component in module.others {
            switch component.kind.value {
            case PlaygroundIngressSpec.kind:
                let (spec, found) = PlaygroundIngressSpec.read(component.spec, file: module.text.file)
                add(spec, to: \.ingresses, found, port: \.port, at: component)
            case PlaygroundEgressSpec.kind:
                let (spec, found) = PlaygroundEgressSpec.read(component.spec, file: module.text.file)
                add(spec, to: \.egresses, found, port: \.port, at: component)
            default:
                diagnostics.append(
                    SpecDiagnostic(
                        skipsUnsupported ? .warning : .error,
                        at: component.kind.position,
                        length: component.kind.value.unicodeScalars.count,
                        "`statefun run` cannot serve a component of kind '\(component.kind.value)'",
                        remedy: skipsUnsupported
                            ? "it is skipped" : "run the application on Apache Flink, or leave it out with --skip-unsupported",
                        file: module.text.file
                    )
                )
            }
        }
    }

    private mutating func add<Spec>(
        _ spec: Spec?,
        to list: WritableKeyPath<RunComponents, [Spec]>,
        _ found: [SpecDiagnostic],
        port: KeyPath<Spec, Int>,
        at component: OtherComponent
    ) {
        diagnostics += found
        guard let spec else { return }
        let ports = ingresses.map(\.port) + egresses.map(\.port)
        if spec[keyPath: port] != 0, ports.contains(spec[keyPath: port]) {
            diagnostics.append(
                SpecDiagnostic(
                    .error,
                    at: component.position,
                    "another component listens on port \(spec[keyPath: port]) already",
                    remedy: "give each ingress and egress a port of its own",
                    file: file
                )
            )
            return
        }
        self[keyPath: list].append(spec)
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
