public import NIOCore

/// Knows how URLs of some schemes name a place, and finds the socket addresses of such places.
public protocol SocketAddressResolving: Sendable {
    /// Whether this resolver is the one for `scheme`.
    func serves(_ scheme: EndpointURL.Scheme) -> Bool

    /// Splits a URL into the origin to connect to and what to ask it for. Settings for TLS are left out where the
    /// scheme does not use it, and are the default ones where it does and `tls` is `nil`.
    /// - Throws: ``SpecTextError`` where the URL does not name a place.
    func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute

    /// Finds the addresses of a place, the best one first, without blocking the caller.
    ///
    /// `completion` is called once, on any thread. A failure is ``RequestReplyFailure/Kind/nameNotResolved`` where
    /// nobody answers for the name, and ``RequestReplyFailure/Kind/misconfigured`` where asking again is no use.
    func resolve(
        _ place: Origin.Place,
        _ completion: @escaping @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void
    )
}
