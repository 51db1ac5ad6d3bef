import AsyncTransport
import BlockingTransport
import HTTPExchange
import NIOCore
import PoolManager
import TestSupport
import Testing
import TransportCore
import UnixSocket

/// The two transports on real connections, as an assembly wires them.
enum Wiring: String, CaseIterable, CustomTestStringConvertible {
    case blocking
    case async

    var testDescription: String { rawValue }

    /// How a spec limits a whole call of this transport.
    func call(_ duration: String) -> [SpecNode.Entry] {
        let limit = Self.entry("call", .scalar(duration))
        return self == .async ? [limit] : [Self.entry("timeouts", .mapping([limit]))]
    }

    /// How a spec sets every limit of time that this transport has.
    func limits(_ duration: String) -> [SpecNode.Entry] {
        switch self {
        case .async: ["call", "connect"].map { Self.entry($0, .scalar(duration)) }
        case .blocking:
            [Self.entry("timeouts", .mapping(["call", "connect", "read", "write"].map { Self.entry($0, .scalar(duration)) }))]
        }
    }

    func factory() -> any RequestReplyClientFactory {
        let connector = HTTPConnector(resolvers: [TCPResolver(), UnixSocketResolver()])
        let pools = PoolManager(connector: connector)
        switch self {
        case .blocking: return BlockingTransport(connector: connector, pools: pools)
        case .async: return AsyncTransport(connector: connector, pools: pools)
        }
    }

    static func entry(_ key: String, _ content: SpecNode.Content) -> SpecNode.Entry {
        let position = SourcePosition(line: 1, column: 1)
        return SpecNode.Entry(key: key, keyPosition: position, value: SpecNode(content, at: position))
    }

    static func properties(_ entries: [SpecNode.Entry]) -> TransportProperties {
        TransportProperties(file: "module.yaml", node: SpecNode(.mapping(entries), at: SourcePosition(line: 1, column: 1)))
    }

    /// Calls `url` once with the bytes of `body`.
    static func call(
        _ client: any RequestReplyClient,
        _ body: String = "request"
    ) async throws(RequestReplyFailure) -> String {
        let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: ByteBuffer(string: body))
        return String(buffer: try await client.call(request))
    }

    func client(_ server: RawServer, path: String = "/functions?a=%20b", _ entries: [SpecNode.Entry] = []) throws -> any RequestReplyClient
    {
        try factory().makeClient(
            Self.properties(entries),
            endpoint: EndpointURL(parsing: "http://127.0.0.1:\(server.port)\(path)"),
            metrics: NoMetrics()
        )
    }
}
