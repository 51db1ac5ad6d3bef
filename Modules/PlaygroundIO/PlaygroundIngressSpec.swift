public import TransportCore

/// What a `module.yaml` says about an ingress of kind `io.statefun.playground.v1/ingress`.
public struct PlaygroundIngressSpec: Hashable, Sendable {
    /// The kind of component that has such a spec.
    public static let kind = "io.statefun.playground.v1/ingress"

    /// Where to listen; 0 for a port that the system chooses.
    public let port: Int

    /// - Parameter port: 0 to 65535.
    public init(port: Int) {
        self.port = port
    }

    /// Reads the spec of a component.
    /// - Parameters:
    ///   - spec: what stands below `spec:`.
    ///   - file: the file as the user named it, for the diagnostics.
    /// - Returns: no value where a diagnostic is an error.
    public static func read(_ spec: SpecNode, file: String) -> (spec: PlaygroundIngressSpec?, diagnostics: [SpecDiagnostic]) {
        var reader = ComponentSpecReader(spec, of: "the ingress", keys: ["port"], file: file)
        let port = reader.port("port", example: 8090)
        return (port.map(PlaygroundIngressSpec.init), reader.diagnostics)
    }
}
