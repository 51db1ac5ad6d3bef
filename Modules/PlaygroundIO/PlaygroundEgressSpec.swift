public import TransportCore

/// What a `module.yaml` says about an egress of kind `io.statefun.playground.v1/egress`.
public struct PlaygroundEgressSpec: Hashable, Sendable {
    /// The kind of component that has such a spec.
    public static let kind = "io.statefun.playground.v1/egress"

    /// Where to listen; 0 for a port that the system chooses.
    public let port: Int
    /// What records may be about, in the order of the file.
    public let topics: [String]

    /// - Parameters:
    ///   - port: 0 to 65535.
    ///   - topics: texts that differ from one another, none of them empty.
    public init(port: Int, topics: [String]) {
        self.port = port
        self.topics = topics
    }

    /// Reads the spec of a component.
    /// - Parameters:
    ///   - spec: what stands below `spec:`.
    ///   - file: the file as the user named it, for the diagnostics.
    /// - Returns: no value where a diagnostic is an error.
    public static func read(_ spec: SpecNode, file: String) -> (spec: PlaygroundEgressSpec?, diagnostics: [SpecDiagnostic]) {
        var reader = ComponentSpecReader(spec, of: "the egress", keys: ["port", "topics"], file: file)
        let port = reader.port("port", example: 8091)
        let topics = reader.names("topics", each: "topic", example: "greetings")
        guard let port, let topics else { return (nil, reader.diagnostics) }
        return (PlaygroundEgressSpec(port: port, topics: topics), reader.diagnostics)
    }
}
