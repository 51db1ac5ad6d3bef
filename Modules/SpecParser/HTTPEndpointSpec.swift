public import TransportCore

/// A value together with the place where the file says it.
public struct Located<Value: Hashable & Sendable>: Hashable, Sendable {
    /// What is said.
    public let value: Value
    /// Where the file says it.
    public let position: SourcePosition

    /// - Parameters:
    ///   - value: what is said.
    ///   - position: where the file says it.
    public init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}

/// In which of its forms an HTTP function endpoint is written.
public enum EndpointVersion: String, Hashable, Sendable, CaseIterable {
    /// `io.statefun.endpoints.v1/http`: `timeouts` in the spec, always OkHttp.
    case v1
    /// `io.statefun.endpoints.v2/http`: `transport` in the spec.
    case v2
    /// The single document of version 3.0, where an endpoint has the keys of ``v1``.
    case legacy
}

/// One HTTP function endpoint of a `module.yaml` (HTTP Function Endpoint, "Full Spec Options").
///
/// `Target` and `URL` stand for what the assembly reads `functions` and `urlPathTemplate` as.
public struct HTTPEndpointSpec<Target: SpecText, URL: SpecText>: Hashable, Sendable {
    /// The form in which the endpoint is written.
    public var version: EndpointVersion
    /// The functions that this endpoint serves ("Target functions").
    public var targets: Located<Target>
    /// Where they are served ("Url Path Template").
    public var urlPathTemplate: Located<URL>
    /// As written ("Max Batch Requests"); ``batchLimit`` is what it means.
    public var maxNumBatchRequests: Setting<Int>
    /// The type name of the transport to use ("Transport").
    public var transportType: Setting<String>
    /// Everything under `transport`, for the factory of ``transportType``. An endpoint of ``EndpointVersion/v1`` or
    /// ``EndpointVersion/legacy`` has its `timeouts` here, below the key of that name, as OkHttp reads them.
    public var transport: TransportProperties
    /// Where the endpoint begins.
    public var position: SourcePosition

    /// An endpoint; what is left out has its documented default.
    public init(
        version: EndpointVersion,
        targets: Located<Target>,
        urlPathTemplate: Located<URL>,
        maxNumBatchRequests: Setting<Int> = EndpointDefaults.maxNumBatchRequests,
        transportType: Setting<String> = EndpointDefaults.transportType,
        transport: TransportProperties = .none,
        position: SourcePosition
    ) {
        self.version = version
        self.targets = targets
        self.urlPathTemplate = urlPathTemplate
        self.maxNumBatchRequests = maxNumBatchRequests
        self.transportType = transportType
        self.transport = transport
        self.position = position
    }

    /// How many requests may wait for one address; `nil` for any number, which is what zero and less mean.
    public var batchLimit: Int? {
        maxNumBatchRequests.value > 0 ? maxNumBatchRequests.value : nil
    }
}

/// What holds for an endpoint that does not say otherwise (HTTP Function Endpoint, "Max Batch Requests" and "Transport").
public enum EndpointDefaults {
    /// 1000 requests for an address.
    public static let maxNumBatchRequests = Setting(1000, from: .byDefault)
    /// OkHttp.
    public static let transportType = Setting(KnownTransport.okHttp, from: .byDefault)
}
