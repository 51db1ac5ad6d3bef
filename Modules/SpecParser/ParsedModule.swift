public import TransportCore

/// What a `module.yaml` says: everything that could be read, and everything that is wrong with it.
public struct ParsedModule<Target: SpecText, URL: SpecText>: Hashable, Sendable {
    /// The file as the user named it.
    public var file: String
    /// The components in the order of the file. Endpoints that lack a usable target or URL are among ``partialEndpoints``
    /// instead.
    public var components: [ModuleComponent<Target, URL>]
    /// Endpoints that cannot be used, but whose transport can still be checked, so that one pass finds all mistakes.
    public var partialEndpoints: [PartialEndpoint]
    /// Every problem, in the order of the file.
    public var diagnostics: [SpecDiagnostic]

    /// What was read of `file`, and what is wrong with it.
    public init(
        file: String,
        components: [ModuleComponent<Target, URL>],
        partialEndpoints: [PartialEndpoint] = [],
        diagnostics: [SpecDiagnostic] = []
    ) {
        self.file = file
        self.components = components
        self.partialEndpoints = partialEndpoints
        self.diagnostics = diagnostics
    }

    /// The HTTP function endpoints in the order of the file.
    public var endpoints: [HTTPEndpointSpec<Target, URL>] {
        components.compactMap {
            switch $0 {
            case .endpoint(let endpoint): endpoint
            case .other: nil
            }
        }
    }

    /// The components of all other kinds in the order of the file.
    public var others: [OtherComponent] {
        components.compactMap {
            switch $0 {
            case .endpoint: nil
            case .other(let component): component
            }
        }
    }

    /// Whether a diagnostic is an error.
    public var hasErrors: Bool {
        diagnostics.contains { $0.severity == .error }
    }
}

/// One component of a `module.yaml`.
public enum ModuleComponent<Target: SpecText, URL: SpecText>: Hashable, Sendable {
    case endpoint(HTTPEndpointSpec<Target, URL>)
    /// Anything else, kept for whoever understands its kind.
    case other(OtherComponent)
}

/// A component of a kind that this module does not read.
public struct OtherComponent: Hashable, Sendable {
    /// The kind, such as `io.statefun.kafka.v1/ingress`.
    public var kind: Located<String>
    /// The spec with every `${NAME}` put in.
    public var spec: SpecNode
    /// Where the component begins.
    public var position: SourcePosition

    /// - Parameters:
    ///   - kind: the type name of the component and its place.
    ///   - spec: what configures it.
    ///   - position: where it begins.
    public init(kind: Located<String>, spec: SpecNode, position: SourcePosition) {
        self.kind = kind
        self.spec = spec
        self.position = position
    }
}

/// What could be read of an endpoint that has no usable target or URL.
public struct PartialEndpoint: Hashable, Sendable {
    /// The form in which the endpoint is written.
    public var version: EndpointVersion
    /// The type name of the transport to use.
    public var transportType: Setting<String>
    /// Everything that configures the transport.
    public var transport: TransportProperties
    /// Where the endpoint begins.
    public var position: SourcePosition

    /// An endpoint without its target and URL.
    public init(version: EndpointVersion, transportType: Setting<String>, transport: TransportProperties, position: SourcePosition) {
        self.version = version
        self.transportType = transportType
        self.transport = transport
        self.position = position
    }
}
