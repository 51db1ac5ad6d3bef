import HTTPExchange
import HTTPFunctionEndpoint
import NIOCore
import NIOPosix
import RequestReply
import SpecParser
import TestSupport
import TransportCore

@testable import Gateway

/// A gateway on real sockets, with functions that a test brings, and a time that the test may hold.
final class GatewayWorld: Sendable {
    let gateway: Gateway
    /// The URL of the port and that of the socket.
    let port: String
    let socket: String
    let log: RecordedLog
    /// The time of the gateway, where it stands still until the test moves it.
    let clock: ClockedLoop?
    private let folder: TemporaryDirectory
    private let loops: [any ChannelLoop]

    /// - Parameters:
    ///   - yaml: the endpoints.
    ///   - isClocked: whether time stands still.
    ///   - boundsAnswers: whether answers on their way count towards what is buffered.
    ///   - others: transport types of the test's own.
    init(
        _ yaml: String,
        options: GatewayOptions = GatewayOptions(),
        isClocked: Bool = false,
        boundsAnswers: Bool = false,
        others: [any RequestReplyClientFactory] = []
    ) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        clock = isClocked ? ClockedLoop(on: eventLoop) : nil
        loops = [clock ?? EventLoopCallLoop(eventLoop)]
        log = RecordedLog()
        folder = try TemporaryDirectory()
        let room = boundsAnswers ? AnswerRoom(limit: options.maxBufferedBytes) : nil
        let transports = StandardTransports(loops: loops, answerRoom: room)
        gateway = Gateway(
            try Self.module(yaml, transports, others: others),
            transports: transports,
            others: others,
            group: eventLoop,
            loops: loops,
            options: options,
            logger: log.logger
        )
        let urls = try await gateway.start(at: [.port(host: "127.0.0.1", port: 0), .socket(path: folder.file("gateway.sock"))])
        port = urls[0]
        socket = urls[1]
    }

    /// Two endpoints, of which `slow/*` is one that never answers in most tests, and the other one is the default of ``message(_:namespace:id:_:)``.
    convenience init(
        slow: RawServer,
        fast: RawServer,
        isClocked: Bool = false,
        boundsAnswers: Bool = false,
        _ change: (inout GatewayOptions) -> Void
    ) async throws {
        var options = GatewayOptions()
        change(&options)
        try await self.init(
            Self.endpoint("slow/*", "http://127.0.0.1:\(slow.port)/", "call: 60s") + "---\n"
                + Self.endpoint("com.example/*", "http://127.0.0.1:\(fast.port)/", "call: 60s"),
            options: options,
            isClocked: isClocked,
            boundsAnswers: boundsAnswers
        )
    }

    /// The path of the gateway's socket.
    var socketPath: String { folder.file("gateway.sock") }

    struct BrokenModule: Error {
        let diagnostics: [SpecDiagnostic]
    }

    static func module(
        _ yaml: String,
        _ transports: StandardTransports,
        others: [any RequestReplyClientFactory] = []
    ) throws -> FunctionModule {
        let module = FunctionModule(
            ModuleText(file: "module.yaml", yaml),
            options: .init(),
            transports: TransportRegistry(transports.registry.all + others),
            connector: transports.connector
        )
        guard module.diagnostics.isEmpty else { throw BrokenModule(diagnostics: module.diagnostics) }
        return module
    }

    /// Has the gateway go by another module file.
    func replace(_ yaml: String) throws {
        let transports = StandardTransports(loops: loops)
        gateway.replace(try Self.module(yaml, transports), transports: transports)
    }

    func client() async throws -> WireClient {
        try await WireClient(to: port)
    }

    func stop() async {
        await gateway.stop(drainingFor: .seconds(10))
    }

    // MARK: - What is sent and configured

    /// An endpoint of version 2.
    static func endpoint(_ functions: String, _ url: String, transport: String = "async", _ options: String = "call: 5s") -> String {
        """
        kind: io.statefun.endpoints.v2/http
        spec:
          functions: \(functions)
          urlPathTemplate: \(url)
          transport:
            type: io.statefun.transports.v1/\(transport)
            \(options)

        """
    }

    /// A message to a function.
    static func message(_ name: String, namespace: String = "com.example", id: String = "Bob", _ value: FunctionValue = .long(1)) -> [UInt8]
    {
        EncodedBatch.bytes(
            target: MessageAddress(namespace: namespace, type: name, id: id),
            state: [],
            invocations: [EncodedInvocation(EncodedValue(value))]
        )
    }

    /// A request as the OkHttp client of the JVM runtime writes it.
    static func okHttp(_ body: [UInt8], path: String = "/path") -> [UInt8] {
        let head =
            "POST \(path) HTTP/1.1\r\nContent-Type: application/octet-stream\r\nContent-Length: \(body.count)\r\nHost: 127.0.0.1:8080\r\n"
            + "Connection: Keep-Alive\r\nAccept-Encoding: gzip\r\nUser-Agent: okhttp/3.14.6\r\n\r\n"
        return Array(head.utf8) + body
    }

    /// A request as the asynchronous client of the JVM runtime writes it.
    static func netty(_ body: [UInt8], path: String = "/path") -> [UInt8] {
        let head =
            "POST \(path) HTTP/1.1\r\ncontent-type: application/octet-stream\r\naccept: application/octet-stream\r\n"
            + "accept-encoding: gzip, deflate\r\nconnection: keep-alive\r\nuser-agent: statefun\r\nhost: 127.0.0.1:8080\r\n"
            + "content-length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}

extension WireClient {
    /// Sends a request and waits for its answer.
    func ask(_ bytes: [UInt8]) async throws -> WireAnswer {
        try await send(bytes)
        return try await answer()
    }
}
