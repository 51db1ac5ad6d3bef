import AsyncTransport
import HTTPFunctionEndpoint
import NIOCore
import RequestReply
import SpecParser
import TransportCore

extension Work {
    /// A call of the asynchronous transport over a kept connection, one at a time.
    static func asyncCall() async throws -> Work {
        let server = try AnsweringServer()
        let transports = StandardTransports()
        let module = FunctionModule(
            ModuleText(file: "module.yaml", endpoint(url: "http://127.0.0.1:\(server.port)/", transport: KnownTransport.async)),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
        guard !module.hasErrors, let endpoint = module.endpoints.first else { throw BudgetFailure("\(module.diagnostics)") }
        let client = try transports.async.makeClient(
            endpoint.spec.transport,
            endpoint: try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/"),
            metrics: NoMetrics()
        )
        let batch = InvocationBatch(
            target: MessageAddress(namespace: "example", type: "counter", id: "Bob"),
            invocations: [.init(.custom(typename: "example/Message", bytes: [UInt8](repeating: 0x41, count: 100)))]
        )
        let request = RequestReplyRequest(functionType: "example/counter", id: "Bob", payload: ByteBuffer(bytes: try batch.encoded()))
        return Work(name: "async-call", warmUp: 200, count: 1_000) { count in
            for _ in 0..<count {
                _ = try await client.call(request)
            }
        }
    }

    static func endpoint(url: String, transport: String) -> String {
        """
        kind: io.statefun.endpoints.v2/http
        spec:
          functions: example/*
          urlPathTemplate: \(url)
          transport:
            type: \(transport)
        """
    }
}
