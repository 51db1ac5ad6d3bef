public import HTTPFunctionEndpoint
internal import RuntimeCore
internal import SpecParser
public import TransportCore
internal import TypeName
internal import URLTemplate
internal import UnixSocket

/// Finds an endpoint that is the gateway itself, as every one is in the module file that was printed for the runtime: each call
/// would come back, again and again.
public struct SelfCall: Sendable {
    private let addresses: [ListenAddress]

    /// - Parameter addresses: where the gateway listens, or is to listen.
    public init(at addresses: [ListenAddress]) {
        self.addresses = addresses
    }

    /// What is wrong with the first such endpoint of a module file; `nil` where there is none.
    public func problem(in module: FunctionModule) -> SpecDiagnostic? {
        for endpoint in module.endpoints {
            let template = endpoint.spec.urlPathTemplate
            let name = endpoint.targets.typeName?.name ?? "f"
            guard let url = try? template.value.resolve(functionName: name), addresses.contains(where: { isReached($0, by: url) })
            else { continue }
            return SpecDiagnostic(
                .error,
                at: template.position,
                "\(url.withoutQuery) is this gateway, which would call itself",
                remedy: "give it the application's own module file; what --print-module prints is for the runtime",
                file: module.text.file
            )
        }
        return nil
    }

    private func isReached(_ address: ListenAddress, by url: EndpointURL) -> Bool {
        switch address {
        case .port(let host, let port):
            guard !url.scheme.isUnix, url.port == port else { return false }
            if url.host == host { return true }
            // Whoever connects to all addresses of a machine connects to its own.
            if Self.isLoopback(url.host) || Self.isEverywhere(url.host) { return Self.isLoopback(host) || Self.isEverywhere(host) }
            return Self.isEverywhere(host) && HostName.own != nil && HostName.own == Self.firstLabel(of: url.host)
        case .socket(let path):
            guard url.scheme.isUnix, let location = try? UnixSocketLocation(url) else { return false }
            return SocketFile.reached(location.socketPath) == SocketFile.place(path)
        }
    }

    private static func firstLabel(of host: String) -> String? {
        host.split(separator: ".").first.map { $0.lowercased() }
    }

    /// Whether it stands for all addresses of a machine.
    private static func isEverywhere(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
