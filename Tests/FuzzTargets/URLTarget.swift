import HTTPFunctionEndpoint
import NIOCore
import TransportCore
import TypeName
import URLTemplate
import UnixSocket

/// What a `module.yaml` says of an endpoint's functions and URL, and the function to call there.
///
/// The input holds a URL template, a target and an address, with the character U+001F between them.
enum URLTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        let parts = bytes.split(separator: 0x1F, maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        try checkTarget(parts.count > 1 ? parts[1] : "")
        let function = try checkAddress(parts.count > 2 ? parts[2] : "")
        try checkTemplate(parts[0], functionName: function?.name ?? "greeter")
    }

    // MARK: - Names

    private static func checkTarget(_ text: String) throws(BrokenInvariant) {
        let parsed = Result { () throws(TypeNameError) in try TargetFunctions(parsing: text) }
        guard let target = try accepted(parsed, of: text) else { return }
        guard let again = try? TargetFunctions(parsing: target.specText) else {
            throw BrokenInvariant("the target \(target) is read again")
        }
        try check(again == target && again.hashValue == target.hashValue, "the target \(target) reads as itself")
        try check(!(target < again), "no target stands before itself")
        if let typeName = target.typeName {
            try check(target.covers(typeName), "\(target) covers itself")
            try check((try? TargetFunctions(exactly: typeName)) == target, "\(target) is the target of its function")
            try check((try? TargetFunctions(namespace: typeName.namespace))?.covers(typeName) == true, "its namespace covers \(typeName)")
        }
    }

    /// - Returns: the function of the address.
    private static func checkAddress(_ text: String) throws(BrokenInvariant) -> TypeName? {
        let parsed = Result { () throws(TypeNameError) in try Address(parsing: text) }
        guard let address = try accepted(parsed, of: text) else { return nil }
        let typeName = address.typeName
        try check(address.description.utf8.elementsEqual(text.utf8), "the address '\(address)' is printed as written")
        try check((try? TypeName(parsing: typeName.description)) == typeName, "the typename '\(typeName)' reads as itself")
        try checkHoldsNoControls(typeName.description, "a typename")
        return typeName
    }

    private static func accepted<Value>(_ parsed: Result<Value, TypeNameError>, of text: String) throws(BrokenInvariant) -> Value? {
        switch parsed {
        case .success(let value): return value
        case .failure(let error):
            try checkRefusal(error.offset, error.length, of: text, error.description)
            return nil
        }
    }

    // MARK: - URLs

    private static func checkTemplate(_ text: String, functionName: String) throws(BrokenInvariant) {
        let template: URLPathTemplate
        switch Result(catching: { () throws(SpecTextError) in try URLPathTemplate(specText: text) }) {
        case .success(let accepted): template = accepted
        case .failure(let error): return try checkRefusal(error.offset, error.length, of: text, error.description)
        }
        try check(template.specText.utf8.elementsEqual(text.utf8), "a template is printed as written")
        try check((try? URLPathTemplate(specText: text)) == template, "a template reads as itself")
        switch Result(catching: { () throws(SpecTextError) in try template.resolve(functionName: functionName) }) {
        case .success(let url):
            try check(url.scheme == template.scheme, "no name changes the scheme")
            try checkURL(url)
            try checkIsAsWritten(url, of: text, functionName: functionName)
            if let probe = try? template.resolve(functionName: "1") {
                let (parts, expected) = (delimiters(in: url), delimiters(in: probe))
                try check(parts == expected, "no name adds a part to the URL: '\(url)' has \(parts), not \(expected)")
            }
        case .failure(let error):
            try checkRefusal(error.offset, error.length, of: text, error.description)
            try check(!takesEveryName(text) || functionName.allSatisfy { $0 == "." }, "every name has a place in '\(text)': \(error)")
        }
    }

    /// The URL is that of the text with the name in it, where the name needs no percent-encoding.
    private static func checkIsAsWritten(_ url: EndpointURL, of template: String, functionName: String) throws(BrokenInvariant) {
        let isUnreserved = functionName.utf8.allSatisfy { byte in
            Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80 || "0123456789-._~".utf8.contains(byte)
        }
        guard isUnreserved else { return }
        let written = template.replacing("{function.name}", with: functionName)
        try check((try? EndpointURL(parsing: written)) == url, "the URL of '\(written)' is not '\(url)'")
    }

    /// Whether names stand only where every one can: behind the authority, and not within an escape.
    private static func takesEveryName(_ template: String) -> Bool {
        let places = template.ranges(of: "{function.name}").map { template[..<$0.lowerBound] }
        guard let first = places.first, let scheme = first.firstRange(of: "://") else { return places.isEmpty }
        return first[scheme.upperBound...].contains { "/?#".contains($0) } && !places.contains { $0.suffix(2).contains("%") }
    }

    private static func delimiters(in url: EndpointURL) -> [Int] {
        "/?#".map { delimiter in url.pathAndQuery.count { $0 == delimiter } }
    }

    private static func checkURL(_ url: EndpointURL) throws(BrokenInvariant) {
        try check((try? EndpointURL(parsing: url.description)) == url, "the URL '\(url)' reads as itself")
        try check(url.pathAndQuery.hasPrefix("/") && !url.pathAndQuery.contains("#"), "'\(url.pathAndQuery)' is a path and a query")
        try checkIsVisible(url.pathAndQuery, "a path")
        if url.scheme.isUnix {
            try checkSocket(url)
        } else {
            try check((1...65_535).contains(url.port), "the port \(url.port) is one")
            // As the resolver makes it, which has threads that nobody needs here.
            let place = Origin.Place.tcp(host: url.host, port: url.port)
            let route = EndpointRoute(
                origin: Origin(place: place, tls: nil),
                requestTarget: url.pathAndQuery,
                hostHeader: url.hostHeader
            )
            try checkHead(route)
        }
    }

    private static func checkSocket(_ url: EndpointURL) throws(BrokenInvariant) {
        let location: UnixSocketLocation
        switch Result(catching: { () throws(SpecTextError) in try UnixSocketLocation(url) }) {
        case .success(let accepted): location = accepted
        case .failure(let error): return try checkRefusal(error.offset, error.length, of: url.description, error.description)
        }
        let path = location.socketPath
        try check(path.hasPrefix("/") && !path.utf8.contains(0), "'\(path)' is an absolute path")
        try check(path.utf8.count <= UnixSocketLocation.maximumPathLength, "'\(path)' fits into an address")
        guard let route = try? UnixSocketResolver().route(for: url, tls: nil) else {
            throw BrokenInvariant("every URL that names a socket has a route, '\(url)' too")
        }
        try check(route.requestTarget == location.requestTarget, "the route leads to '\(location.requestTarget)'")
        try checkHead(route)
    }

    /// A request head holds the lines that it should and nothing that somebody slipped in.
    private static func checkHead(_ route: EndpointRoute) throws(BrokenInvariant) {
        try checkIsVisible(route.requestTarget, "a request target")
        try checkIsVisible(route.hostHeader, "a host")
        try check(route.requestTarget.hasPrefix("/"), "a request target begins with a slash: '\(route.requestTarget)'")
        let head = String(buffer: ExchangeHead(route).prefix)
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        try check(lines.count == 7 && head.utf8.count { $0 == 0x0D || $0 == 0x0A } == 12, "a request head has seven lines: \(lines)")
        try check(lines[0] == "POST \(route.requestTarget) HTTP/1.1", "a request begins with its line, not '\(lines[0])'")
        try check(lines[1] == "host: \(route.hostHeader)", "the host follows, not '\(lines[1])'")
    }

    private static func checkIsVisible(_ text: String, _ what: String) throws(BrokenInvariant) {
        try check(!text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(what) holds visible ASCII: '\(text)'")
    }

    // MARK: - Refusals

    /// A refusal points into the text, or just behind it, and can be shown.
    private static func checkRefusal(_ offset: Int, _ length: Int, of text: String, _ description: String) throws(BrokenInvariant) {
        try check((0...text.count).contains(offset), "the place \(offset) is in the text: \(description)")
        try check(length >= 1 && offset + length <= max(1, text.count + 1), "\(length) characters from \(offset) are in it: \(description)")
        try checkHoldsNoControls(description, "a refusal")
    }
}
