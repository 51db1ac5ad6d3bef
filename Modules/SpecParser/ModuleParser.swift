public import TransportCore

/// Reads a `module.yaml`: a stream of YAML documents, each of them a component with a `kind` and a `spec`
/// (HTTP Function Endpoint), or the single document of version 3.0.
///
/// Reading never fails. What is wrong comes back as diagnostics, all of them at once, together with everything that could be
/// read all the same.
///
/// - Parameters:
///   - Target: what `functions` is read as.
///   - URL: what `urlPathTemplate` is read as.
public struct ModuleParser<Target: SpecText, URL: SpecText>: Sendable {
    /// The transport type of endpoints that name none. Endpoints of version 1 use OkHttp whatever this says.
    public var defaultTransport: Setting<String>

    /// - Parameter defaultTransport: the transport type of endpoints that name none, and who says so.
    public init(defaultTransport: Setting<String> = EndpointDefaults.transportType) {
        self.defaultTransport = defaultTransport
    }

    /// Reads a file. Needs about 2 MB of stack for a document that is nested as deep as YAML's reader goes.
    /// - Parameter environment: the values for `${NAME}` and `${NAME:-default}` inside a `spec`.
    public func parse(_ text: ModuleText, environment: [String: String]) -> ParsedModule<Target, URL> {
        var reader = ModuleReader<Target, URL>(text, environment: environment, defaultTransport: defaultTransport)
        return reader.read()
    }

    /// Reads a file that is at hand as a text.
    public func parse(_ text: String, file: String, environment: [String: String]) -> ParsedModule<Target, URL> {
        parse(ModuleText(file: file, text), environment: environment)
    }

    /// Reads a file that is at hand as bytes.
    public func parse(bytes: [UInt8], file: String, environment: [String: String]) -> ParsedModule<Target, URL> {
        parse(ModuleText(file: file, bytes: bytes), environment: environment)
    }
}
