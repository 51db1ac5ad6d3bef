import AsyncTransport
import BlockingTransport
import HTTPExchange
import NIOCore
import PoolManager
import TransportCore

/// The smallest uses of what carries calls. What stands between `begin` and `end` is the text of their pages.
enum TransportExamples {
    static func async(url: String, payload: ByteBuffer) async throws -> ByteBuffer {
        // begin async
        let connector = HTTPConnector()
        let transport = AsyncTransport(connector: connector, pools: PoolManager(connector: connector))
        let client = try transport.makeClient(.none, endpoint: EndpointURL(parsing: url), metrics: NoMetrics())

        let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: payload)
        let answer = try await client.call(request)
        await transport.shutdown()
        // end async
        return answer
    }

    static func blocking(url: String, payload: ByteBuffer) throws -> ByteBuffer {
        // begin blocking
        let connector = HTTPConnector()
        let transport = BlockingTransport(connector: connector, pools: PoolManager(connector: connector))
        let client = try transport.makeBlockingClient(.none, endpoint: EndpointURL(parsing: url))

        let request = RequestReplyRequest(functionType: "com.example/greeter", id: "Bob", payload: payload)
        let answer = try client.callBlocking(request)
        // end blocking
        return answer
    }

    static func exchange(url: String, body: ByteBuffer) async throws -> ExchangeResponse {
        // begin exchange
        let connector = HTTPConnector()
        let route = try connector.route(for: EndpointURL(parsing: url), tls: nil)
        let call = Setting(Duration.seconds(60), from: .byDefault)
        let connect = Setting(Duration.seconds(10), from: .byDefault)
        let limits = ExchangeLimits(call: call, connect: connect, payloadMaxBytes: Setting(1 << 20, from: .byDefault))
        let plan = ExchangePlan(head: ExchangeHead(route), limits: limits)
        let loop = connector.nextLoop()

        let response: ExchangeResponse = try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                let deadline = loop.now.advanced(by: call.value)
                let limits = ConnectLimits(connect: connect, call: call, deadline: deadline)
                _ = connector.connect(to: route.origin, on: loop, limits: limits) { connected in
                    switch connected {
                    case .failure(let failure):
                        continuation.resume(throwing: failure)
                    case .success(let connection):
                        connection.exchange(plan, body: body, deadline: deadline) { result in
                            connection.close()
                            continuation.resume(with: result)
                        }
                    }
                }
            }
        }
        // end exchange
        return response
    }

    /// Shows the types that meet; it is compiled and not run.
    /// - Returns: the ticket, which a caller needs to leave the line.
    static func pool(
        connector: any Connector,
        route: EndpointRoute,
        limits: ConnectLimits,
        plan: ExchangePlan,
        body: ByteBuffer
    ) -> LeaseTicket {
        // begin pool
        let pools = PoolManager(connector: connector)  // HTTPExchange has the connector
        let pool = pools.pool(for: route.origin, limits: PoolLimits(maxConnections: 64, maxIdle: 64, lifetime: .seconds(15)))

        // on pool.loop
        let ticket = pool.lease(limits) { result in
            guard case .success(let connection) = result else { return }
            connection.exchange(plan, body: body, deadline: limits.deadline) { response in
                pool.giveBack(connection)
            }
        }
        // end pool
        return ticket
    }
}
