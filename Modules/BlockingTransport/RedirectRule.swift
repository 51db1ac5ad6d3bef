internal import TransportCore

/// Where a redirect may lead: the same POST goes to the new URL, as long as the scheme stays what it is.
///
/// Nothing that a spec configures is a credential of the request itself. A client certificate goes to the host that it was
/// configured for and to no other.
struct RedirectRule: Sendable {
    let connector: any Connector
    let pools: any ConnectionLeasing
    let limits: ExchangeLimits
    let tls: TLSSettings?
    /// The place that ``tls`` is configured for.
    let home: Origin.Place

    func follow(_ location: String, from: CallRoute) -> Result<CallRoute, RequestReplyFailure> {
        do throws(SpecTextError) {
            if !hasScheme(location), from.url.scheme.isUnix {
                guard !location.hasPrefix("//") else {
                    return .failure(refusal(location, "it names a host, and behind a UNIX socket there is none"))
                }
                return .success(try sameSocket(location, from: from))
            }
            let url = try EndpointURL(parsing: resolve(location, from: from))
            guard url.scheme == from.url.scheme else {
                return .failure(
                    refusal(location, "it leads from \(from.url.scheme.rawValue) to \(url.scheme.rawValue), which is never followed")
                )
            }
            var route = try connector.route(for: url, tls: tls)
            // Where the redirect comes from does not matter: a host may point to itself.
            if route.origin.place != home {
                route = try connector.route(for: url, tls: withoutCertificate)
            }
            let pool = pools.pool(for: route.origin, limits: BlockingOptions.pool)
            return .success(CallRoute(url: url, route: route, pool: pool, limits: limits))
        } catch {
            return .failure(refusal(location, "it is no URL that can be called (\(sent: error.message))"))
        }
    }

    private var withoutCertificate: TLSSettings? {
        var tls = tls
        tls?.clientCert = nil
        tls?.clientKey = nil
        tls?.clientKeyPassword = nil
        return tls
    }

    private func sameSocket(_ location: String, from: CallRoute) throws(SpecTextError) -> CallRoute {
        // Reading it as a URL makes sure that it holds nothing but what may stand in a request line.
        let target = try EndpointURL(parsing: "http://localhost\(absolutePath(location, base: from.route.requestTarget))").pathAndQuery
        let route = EndpointRoute(origin: from.route.origin, requestTarget: target, hostHeader: from.route.hostHeader)
        return CallRoute(url: from.url, route: route, pool: from.pool, limits: limits)
    }

    private func refusal(_ location: String, _ reason: FailureText) -> RequestReplyFailure {
        RequestReplyFailure(.redirect, text: "the redirect to \(place: location) is not followed: \(reason)")
    }

    // MARK: - References (RFC 3986, section 5.2)

    private func resolve(_ location: String, from: CallRoute) -> String {
        if hasScheme(location) { return location }
        let scheme = from.url.scheme.rawValue
        if location.hasPrefix("//") { return "\(scheme):\(location)" }
        return "\(scheme)://\(from.url.hostHeader)\(absolutePath(location, base: from.route.requestTarget))"
    }

    private func hasScheme(_ location: String) -> Bool {
        let name = location.prefix { $0 != ":" && $0 != "/" && $0 != "?" && $0 != "#" }
        return name.count < location.count && location[name.endIndex] == ":" && name.first?.isLetter == true
    }

    private func absolutePath(_ reference: String, base: String) -> String {
        if reference.hasPrefix("/") { return removingDotSegments(reference) }
        let path = base.prefix { $0 != "?" }
        if reference.hasPrefix("?") { return path + reference }
        if reference.isEmpty || reference.hasPrefix("#") { return base }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return removingDotSegments(folder + reference)
    }

    private func removingDotSegments(_ reference: String) -> String {
        let path = reference.prefix { $0 != "?" && $0 != "#" }
        var segments: [Substring] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        if path.hasSuffix("/.") || path.hasSuffix("/..") { segments.append("") }
        return "/" + segments.joined(separator: "/") + reference[path.endIndex...]
    }
}
