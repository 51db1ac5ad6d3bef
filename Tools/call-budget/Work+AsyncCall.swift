import AsyncTransport
import HTTPExchange
import HTTPFunctionEndpoint
import NIOCore
import NIOPosix
import RequestReply
import SpecParser
import TransportCore

extension Work {
    /// A call of the asynchronous transport over a kept connection, one at a time, that a task waits for.
    static func asyncCall() throws -> Work {
        let transports = StandardTransports()
        let client = try client(of: transports)
        let request = try request()
        return Work(name: "async-call", warmUp: 200, count: 1_000) { count in
            for _ in 0..<count {
                _ = try await client.call(request)
            }
        }
    }

    /// The same as the runtime and the gateway do it: begun on the loop, without a task.
    static func begunCall() throws -> Work {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let client = try client(of: StandardTransports(loops: [EventLoopCallLoop(loop)]))
        let request = try request()
        return Work(name: "async-call-begun", warmUp: 200, count: 1_000) { count in
            try await CallSequence(client, request, on: loop).make(count)
        }
    }

    private static func client(of transports: StandardTransports) throws -> any RequestReplyClient {
        let server = try AnsweringServer()
        let module = try module(url: "http://127.0.0.1:\(server.port)/", transport: KnownTransport.async, transports)
        guard let endpoint = module.endpoints.first else { throw BudgetFailure("\(module.diagnostics)") }
        return try transports.async.makeClient(
            endpoint.spec.transport,
            endpoint: try EndpointURL(parsing: "http://127.0.0.1:\(server.port)/"),
            metrics: NoMetrics()
        )
    }

    private static func request() throws -> RequestReplyRequest {
        RequestReplyRequest(functionType: "example/counter", id: "Bob", payload: ByteBuffer(bytes: try message()))
    }

    /// A `ToFunction` with one invocation of 100 bytes.
    static func message() throws -> [UInt8] {
        try InvocationBatch(
            target: MessageAddress(namespace: "example", type: "counter", id: "Bob"),
            invocations: [.init(.custom(typename: "example/Message", bytes: [UInt8](repeating: 0x41, count: 100)))]
        ).encoded()
    }

    static func module(url: String, transport: String, _ transports: StandardTransports) throws -> FunctionModule {
        let module = FunctionModule(
            ModuleText(file: "module.yaml", endpoint(url: url, transport: transport)),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
        guard !module.hasErrors else { throw BudgetFailure("\(module.diagnostics)") }
        return module
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
