public import HTTPFunctionEndpoint
internal import RuntimeCore
internal import SpecParser
public import TransportCore
internal import TypeName
internal import URLTemplate
internal import UnixSocket

/// The module file to give to the JVM runtime whose calls a gateway makes: the same one, with the gateway as the URL of every
/// endpoint, and the transport options with which that runtime's own clients do no harm on the way.
public struct FlinkModule: Sendable {
    /// What a call may take beyond its own limit and its time in line, so that the gateway's word comes before the runtime gives
    /// up.
    public static let margin = Duration.seconds(5)

    private let advertised: String?
    private let listen: [ListenAddress]
    private let waitLimit: Duration

    /// - Parameters:
    ///   - advertise: the URL at which the runtime finds the gateway: `http://host:port` or `http+unix:///path.sock`; `nil` for
    ///     the first address that it listens at.
    ///   - listen: where the gateway listens.
    ///   - waitLimit: how long a call may wait in line there.
    public init(advertise: String? = nil, listen: [ListenAddress], waitLimit: Duration) {
        advertised = advertise
        self.listen = listen
        self.waitLimit = waitLimit
    }

    /// The text of the file.
    /// - Parameters:
    ///   - module: the gateway's own file, without errors.
    ///   - read: reads a text as `module` was read; the result is compared before it is returned.
    /// - Throws: `SpecDiagnostic` where the address is none that the runtime can call, and where the file writes an endpoint in a
    ///   way that cannot be changed without changing more.
    public func text(of module: FunctionModule, read: (String) -> FunctionModule) throws(SpecDiagnostic) -> String {
        let url = try gatewayURL()
        let text = try editor(of: module, url).edited()
        try compare(module, read(text), url)
        return text
    }

    /// What the runtime will read otherwise in the file all the same: values of other components with `${…}`, where it puts nothing in.
    /// - Parameter module: what ``text(of:read:)`` has given a text of.
    public func warnings(of module: FunctionModule) -> [SpecDiagnostic] {
        guard let editor = try? editor(of: module, gatewayURL()) else { return [] }
        return editor.unsetPlaceholders.map { value in
            SpecDiagnostic(
                .warning,
                at: value.position,
                length: value.value.unicodeScalars.count,
                "the JVM runtime puts nothing in for '${'",
                remedy: "put the value in before the runtime reads the printed file",
                file: module.text.file
            )
        }
    }

    private func editor(of module: FunctionModule, _ url: EndpointURL) throws(SpecDiagnostic) -> ModuleEditor {
        var editor = ModuleEditor(module.text)
        for endpoint in module.endpoints {
            try editor.setSpec(ofEndpointAt: endpoint.spec.position, to: keys(of: endpoint, at: url))
        }
        return editor
    }

    /// What the spec of an endpoint is to say. The runtime puts nothing in for `${NAME}`, and takes only one spelling for all functions
    /// of a namespace.
    private func keys(of endpoint: FunctionEndpoint, at url: EndpointURL) -> [ModuleEditor.Key] {
        var keys = [
            ModuleEditor.Key("functions", or: "function", .text(endpoint.targets.description)),
            .init("urlPathTemplate", .text(url.description)),
        ]
        let batch = endpoint.spec.maxNumBatchRequests
        if case .line = batch.source {
            keys.append(.init("maxNumBatchRequests", .text("\(batch.value)")))
        }
        return keys + transport(of: endpoint, at: url)
    }

    // MARK: - The address

    private func gatewayURL() throws(SpecDiagnostic) -> EndpointURL {
        let text = if let advertised { advertised } else { try urlToListen() }
        do throws(SpecTextError) {
            var url = try EndpointURL(parsing: text)
            if !text.hasSuffix("/") {
                url = try EndpointURL(parsing: text + "/")
            }
            switch url.scheme {
            case .http: return url
            case .httpUnix:
                let location = try UnixSocketLocation(url)
                guard location.requestTarget == "/" else {
                    throw SpecTextError(
                        "the runtime takes \(location.socketPath) for the socket, the first part of the path that ends in .sock",
                        remedy: "leave out what follows it, or give the folder of the socket a name that does not end in .sock"
                    )
                }
                return url
            case .https, .httpsUnix:
                throw SpecTextError("a gateway does not speak TLS", remedy: "write http:// or http+unix://")
            }
        } catch {
            throw refusal("\(text): \(error.message)", error.remedy)
        }
    }

    private func urlToListen() throws(SpecDiagnostic) -> String {
        switch listen.first {
        case .port(_, 0):
            throw refusal("the system chooses the port anew each time", "listen on a port that is known, or name the URL with --advertise")
        case .port(let host, let port):
            // Where everybody can connect, the worker beside it connects to itself.
            let reached = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
            return "http://\(ListenAddress.port(host: reached, port: port))/"
        case .socket(let path):
            return "http+unix://\(try Self.absolute(path))/"
        case nil:
            throw refusal("nothing says where the gateway listens", "name an address")
        }
    }

    private static func absolute(_ path: String) throws(SpecDiagnostic) -> String {
        let full = SocketFile.absolute(path)
        let parts = full.split(separator: "/").filter { $0 != "." }
        guard parts.last?.hasSuffix(".sock") == true else {
            throw refusal(
                "the runtime knows a socket by its name, which ends in .sock, and '\(path)' does not",
                "name it so, such as gateway.sock"
            )
        }
        let isPlain = full.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "-._~/".utf8.contains(byte)
        }
        guard isPlain, !parts.contains("..") else {
            throw refusal(
                "'\(path)' holds what the runtime would read otherwise in a URL",
                "use letters, digits, '-', '_' and '.' in its path"
            )
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func refusal(_ message: String, _ remedy: String) -> SpecDiagnostic {
        SpecDiagnostic(.error, at: nil, message, remedy: remedy)
    }

    private func refusal(_ message: String, _ remedy: String) -> SpecDiagnostic {
        Self.refusal(message, remedy)
    }

    // MARK: - The transport

    /// The longest limit that OkHttp takes: a number of milliseconds in 32 bits.
    private static let longestLimit = Duration.milliseconds(Int32.max)

    /// How long the runtime is to wait for the gateway, in whole seconds.
    private func patience(with endpoint: FunctionEndpoint) -> Int64 {
        let option = endpoint.options.first { $0.name == "call" } ?? endpoint.options.first { $0.name == "timeouts.call" }
        let call = option.flatMap { try? DurationText.parse($0.value) } ?? .seconds(60)
        let total = call + waitLimit + Self.margin
        return total < Self.longestLimit ? (total.inNanoseconds - 1) / 1_000_000_000 + 1 : Self.longestLimit.components.seconds
    }

    /// The options with which the runtime's client does no harm on its way to the gateway.
    private func transport(of endpoint: FunctionEndpoint, at url: EndpointURL) -> [ModuleEditor.Key] {
        let seconds = patience(with: endpoint)
        let call = "\(seconds) s"
        // A connection to a UNIX socket that is used again stalls for the connect limit there, and no limit may be 0 or above `call`.
        let connect = url.scheme.isUnix ? "1 ms" : "\(min(10, seconds)) s"
        let timeouts = ModuleEditor.Key(
            "timeouts",
            .keys([
                .init("call", .text(call)), .init("connect", .text(connect)), .init("read", .text(call)), .init("write", .text(call)),
            ])
        )
        switch (endpoint.spec.version, url.scheme.isUnix) {
        case (.v1, _), (.legacy, _):
            return [timeouts]
        case (.v2, true):
            return [.init("transport", .keys([.init("type", .text(KnownTransport.okHttp)), timeouts]))]
        case (.v2, false):
            // Over TCP the other client is without the pauses of Nagle's algorithm.
            var keys: [ModuleEditor.Key] = [
                .init("type", .text(KnownTransport.async)), .init("call", .text(call)), .init("connect", .text(connect)),
            ]
            for name in ["pool_ttl", "pool_size", "payload_max_bytes"] {
                guard let option = endpoint.options.first(where: { $0.name == name }) else { continue }
                if case .line = option.source {
                    keys.append(.init(name, .text(option.value)))
                } else if name == "payload_max_bytes" {
                    keys.append(.init(name, .text(option.value)))
                }
            }
            return [.init("transport", .keys(keys))]
        }
    }

    // MARK: - The proof

    /// Reads as intended, and as before in everything else?
    private func compare(_ before: FunctionModule, _ after: FunctionModule, _ url: EndpointURL) throws(SpecDiagnostic) {
        if let error = after.diagnostics.first(where: { $0.severity == .error }) {
            throw refusal("the file cannot be rewritten, since it would then say: \(error.message)", "write its endpoints more plainly")
        }
        guard before.endpoints.count == after.endpoints.count, before.others.count == after.others.count,
            zip(before.others, after.others).allSatisfy({ $0.kind.value == $1.kind.value && $0.spec.says(the: $1.spec) })
        else {
            throw refusal(
                "the file cannot be rewritten without changing other components",
                "write its endpoints more plainly, without aliases"
            )
        }
        for (old, new) in zip(before.endpoints, after.endpoints) {
            let wanted = FlinkModule.tree(transport(of: old, at: url))
            let isSame =
                old.targets == new.targets && old.spec.maxNumBatchRequests.value == new.spec.maxNumBatchRequests.value
                && old.spec.version == new.spec.version && new.urlPathTemplate.specText == url.description
            let read = new.spec.version == .v2 ? new.spec.transport.node : new.spec.transport.node["timeouts"]
            guard isSame, let read, let written = wanted.entries.first?.value, read.says(the: written) else {
                throw SpecDiagnostic(
                    .error,
                    at: old.spec.position,
                    "the endpoint that begins here cannot be rewritten as it is written",
                    remedy: "write each of its keys on a line of its own, with its value behind it, and without aliases",
                    file: before.text.file
                )
            }
        }
    }

    private static func tree(_ keys: [ModuleEditor.Key]) -> SpecNode {
        let nowhere = SourcePosition(line: 1, column: 1)
        let entries = keys.map { key in
            let value =
                switch key.value {
                case .text(let text): SpecNode(.scalar(text), at: nowhere)
                case .keys(let keys): tree(keys)
                }
            return SpecNode.Entry(key: key.name, keyPosition: nowhere, value: value)
        }
        return SpecNode(.mapping(entries), at: nowhere)
    }
}

extension SpecNode {
    /// Whether both say the same, wherever and in whatever order of keys.
    fileprivate func says(the other: SpecNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let left), .scalar(let right)): left == right
        case (.sequence(let left), .sequence(let right)): left.count == right.count && zip(left, right).allSatisfy { $0.says(the: $1) }
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count && left.allSatisfy { entry in other[entry.key].map { entry.value.says(the: $0) } ?? false }
        case (.null, .null): true
        case (.scalar, _), (.sequence, _), (.mapping, _), (.null, _): false
        }
    }
}
