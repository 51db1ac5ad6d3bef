public import TransportCore

/// A ``Connector`` that knows every URL and connects as the test says.
public struct StubConnector: Connector {
    public typealias Completion = @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void

    private let loop: any CallLoop
    private let findProblems: @Sendable (TLSSettings) -> [SpecDiagnostic]
    private let connecting: @Sendable (Origin, @escaping Completion) -> Void

    /// - Parameters:
    ///   - loop: the only loop.
    ///   - problems: what is wrong with some settings.
    ///   - connecting: connects; by default nothing ever comes of it.
    public init(
        on loop: any CallLoop = ManualLoop(),
        problems: @escaping @Sendable (TLSSettings) -> [SpecDiagnostic] = { _ in [] },
        connecting: @escaping @Sendable (Origin, @escaping Completion) -> Void = { _, _ in }
    ) {
        self.loop = loop
        self.findProblems = problems
        self.connecting = connecting
    }

    public func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        let place: Origin.Place = url.scheme.isUnix ? .unix(path: url.pathAndQuery) : .tcp(host: url.host, port: url.port)
        return EndpointRoute(url, to: place, requestTarget: url.scheme.isUnix ? "/" : url.pathAndQuery, tls: tls)
    }

    public func problems(with tls: TLSSettings) -> [SpecDiagnostic] { findProblems(tls) }

    public func nextLoop() -> any CallLoop { loop }

    public func connect(
        to origin: Origin,
        on loop: any CallLoop,
        limits: ConnectLimits,
        _ completion: @escaping Completion
    ) -> any ConnectAttempt {
        connecting(origin, completion)
        return StubAttempt()
    }

    private struct StubAttempt: ConnectAttempt {
        func cancel() {}
    }
}
