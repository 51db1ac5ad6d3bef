public import SpecParser
public import TransportCore
public import TypeName
public import URLTemplate

/// A `module.yaml`, read and checked as a whole: targets, URLs, the options of every transport, the files that they name.
///
/// Loading reports everything that is wrong at once and connects nowhere.
public struct FunctionModule: Sendable {
    /// How a file is read.
    public struct Options: Sendable {
        /// The values of `${NAME}`.
        public var environment: [String: String]
        /// The transport type of endpoints that name none, and who says so.
        public var defaultTransport: Setting<String>

        public init(
            environment: [String: String] = [:],
            defaultTransport: Setting<String> = EndpointDefaults.transportType
        ) {
            self.environment = environment
            self.defaultTransport = defaultTransport
        }
    }

    /// The text that was read, for showing lines of it.
    public let text: ModuleText
    /// What it says.
    public let parsed: ParsedModule<TargetFunctions, URLPathTemplate>
    /// Every problem, in the order of the file.
    public let diagnostics: [SpecDiagnostic]
    private let table: EndpointTable<FunctionEndpoint>
    private let unserved: UnservedFunctions

    /// The endpoints that can be called, in the order of the file.
    public var endpoints: [FunctionEndpoint] { table.entries.map(\.endpoint) }
    /// The components of other kinds, in the order of the file.
    public var others: [OtherComponent] { parsed.others }
    /// Whether something keeps the module from being used as it is.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// The longest file that is read, in bytes.
    public static let maxFileBytes = 64 << 20

    /// Reads a file.
    /// - Parameters:
    ///   - path: the file; relative paths inside it start from its folder.
    ///   - transports: the transport types that an endpoint may name.
    ///   - connector: says whether a URL names a place.
    /// - Throws: `FileBytes.Problem` where the file cannot be read. What is wrong inside it is in ``diagnostics``.
    public init(
        contentsOf path: String,
        options: Options,
        transports: TransportRegistry,
        connector: any Connector
    ) throws(FileBytes.Problem) {
        let bytes = try FileBytes.read(path, atMost: Self.maxFileBytes)
        self.init(ModuleText(file: path, bytes: bytes), options: options, transports: transports, connector: connector)
    }

    /// Reads a text.
    public init(_ text: ModuleText, options: Options, transports: TransportRegistry, connector: any Connector) {
        self.text = text
        parsed = ModuleParser<TargetFunctions, URLPathTemplate>(defaultTransport: options.defaultTransport)
            .parse(text, environment: options.environment)
        var check = ModuleCheck(file: text.file, transports: transports, connector: connector)
        for endpoint in parsed.endpoints {
            check.add(endpoint)
        }
        for partial in parsed.partialEndpoints {
            _ = check.inspect(partial.transport, type: partial.transportType)
        }
        for component in parsed.others where !parsed.diagnostics.contains(where: { $0.position == component.kind.position }) {
            check.noteUnknown(component)
        }
        table = check.table
        unserved = UnservedFunctions(table.entries.map(\.target))
        // Two documents can share a transport by an alias; saying it once is enough.
        var seen: Set<SpecDiagnostic> = []
        let start = SourcePosition(line: 0, column: 0)
        diagnostics = (parsed.diagnostics + check.diagnostics)
            .filter { seen.insert($0).inserted }
            .sorted { ($0.position ?? start) < ($1.position ?? start) }
    }

    /// Finds the endpoint of a function and the URL to call it at.
    /// - Throws: ``FunctionResolutionError`` where no endpoint covers the function, or its name does not fit into the URL.
    public func resolve(_ function: TypeName) throws(FunctionResolutionError) -> FunctionResolution {
        let candidates = table.entries(covering: function).map(\.endpoint)
        guard let endpoint = candidates.first else {
            throw FunctionResolutionError(description: "no endpoint of \(text.file) serves \(function); \(unserved.advice(for: function))")
        }
        do throws(SpecTextError) {
            let url = try endpoint.urlPathTemplate.resolve(functionName: function.name)
            return FunctionResolution(function: function, endpoint: endpoint, candidates: candidates, url: url)
        } catch {
            throw FunctionResolutionError(description: error.description)
        }
    }
}

/// Collects what is wrong with the endpoints of a file beyond what a single one says.
private struct ModuleCheck {
    let file: String
    let transports: TransportRegistry
    let connector: any Connector
    var table = EndpointTable<FunctionEndpoint>()
    var diagnostics: [SpecDiagnostic] = []

    init(file: String, transports: TransportRegistry, connector: any Connector) {
        self.file = file
        self.transports = transports
        self.connector = connector
    }

    mutating func add(_ spec: ModuleEndpointSpec) {
        let inspection = inspect(spec.transport, type: spec.transportType)
        checkPlace(spec)
        do throws(DuplicateTarget<FunctionEndpoint>) {
            try table.add(spec.targets.value, FunctionEndpoint(spec: spec, options: inspection.options))
        } catch {
            let first = error.existing.spec.targets.position
            report(
                at: spec.targets.position,
                length: spec.targets.value.description.count,
                "the target \(error.target) has an endpoint already, at \(file):\(first.line):\(first.column)",
                remedy: "remove one of the two, or give them different targets"
            )
        }
    }

    /// A component that nobody understands is kept, but its author should know.
    mutating func noteUnknown(_ component: OtherComponent) {
        let kind = component.kind
        guard !ComponentKind.all.contains(kind.value) else { return }
        diagnostics.append(
            SpecDiagnostic(
                .warning,
                at: kind.position,
                length: kind.value.count,
                "nothing here understands components of kind '\(kind.value)', so this one has no effect",
                remedy: ComponentKind.nearest(to: kind.value).map { "write \($0)" }
                    ?? "check the kind, or leave it for the program that it is meant for",
                file: file
            )
        )
    }

    mutating func inspect(_ properties: TransportProperties, type: Setting<String>) -> TransportInspection {
        guard let factory = transports[type.value] else {
            let known = transports.transportTypes
            let position: SourcePosition? = if case .line(_, let place) = type.source { place } else { nil }
            let namer = if case .program(let name) = type.source { ", which \(name) names" } else { "" }
            report(
                at: properties.node["type"]?.position ?? position,
                length: type.value.count,
                "there is no transport type '\(type.value)'\(namer)",
                remedy: "write \(NearestName.of(type.value, among: known) ?? known.joined(separator: " or "))"
            )
            return TransportInspection()
        }
        let inspection = factory.inspect(properties)
        diagnostics += inspection.problems.map { problem in
            var problem = problem
            problem.file = problem.file ?? file
            return problem
        }
        return inspection
    }

    /// A URL that no connector can reach is found now, not by the first message.
    private mutating func checkPlace(_ spec: ModuleEndpointSpec) {
        let template = spec.urlPathTemplate.value
        do throws(SpecTextError) {
            let name = spec.targets.value.typeName?.name ?? "1"
            let url = try template.resolve(functionName: name)
            _ = try connector.route(for: url, tls: nil)
        } catch {
            report(
                at: spec.urlPathTemplate.position,
                length: template.description.count,
                error.message,
                remedy: error.remedy
            )
        }
    }

    private mutating func report(at position: SourcePosition?, length: Int, _ message: String, remedy: String) {
        diagnostics.append(SpecDiagnostic(.error, at: position, length: length, message, remedy: remedy, file: file))
    }
}
