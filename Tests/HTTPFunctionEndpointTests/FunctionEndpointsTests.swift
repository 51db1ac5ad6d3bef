import NIOConcurrencyHelpers
import NIOCore
import RequestReply
import SpecParser
import SwiftProtobuf
import TestSupport
import Testing
import TransportCore
import TypeName

@testable import HTTPFunctionEndpoint

/// A transport whose calls a test answers, one by one.
private final class HeldTransport: RequestReplyClientFactory, RequestReplyClient {
    private struct Held {
        var requests: [WireToFunction.InvocationBatchRequest] = []
        var continuations: [CheckedContinuation<Void, Never>] = []
        var waiting: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    let transportType = "com.example.transports/held"
    private let held = NIOLockedValueBox(Held())
    private let answer: @Sendable (WireToFunction.InvocationBatchRequest) -> WireFromFunction

    init(answer: @escaping @Sendable (WireToFunction.InvocationBatchRequest) -> WireFromFunction = { _ in WireFromFunction() }) {
        self.answer = answer
    }

    func makeClient(_ properties: TransportProperties, endpoint: EndpointURL, metrics: any RemoteInvocationMetrics)
        -> any RequestReplyClient
    {
        self
    }

    func call(_ request: RequestReplyRequest) async throws(RequestReplyFailure) -> ByteBuffer {
        do {
            let batch = try WireToFunction(serializedBytes: Array(request.payload.readableBytesView)).invocation
            await withCheckedContinuation { continuation in
                let arrived = held.withLockedValue { held in
                    held.requests.append(batch)
                    held.continuations.append(continuation)
                    let ready = held.waiting.filter { $0.count <= held.requests.count }
                    held.waiting.removeAll { $0.count <= held.requests.count }
                    return ready
                }
                for (_, waiter) in arrived { waiter.resume() }
            }
            return ByteBuffer(bytes: try answer(batch).serializedBytes() as [UInt8])
        } catch {
            throw RequestReplyFailure(.malformedMessage, "\(error)")
        }
    }

    /// Waits until so many requests have come in all.
    func requests(_ count: Int) async -> [WireToFunction.InvocationBatchRequest] {
        await withCheckedContinuation { continuation in
            let isThere = held.withLockedValue { held in
                if held.requests.count >= count { return true }
                held.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return held.withLockedValue { $0.requests }
    }

    /// Lets the oldest request that waits be answered.
    func release() {
        held.withLockedValue { $0.continuations.removeFirst() }.resume()
    }
}

@Suite struct FunctionEndpointsTests {
    private func endpoints(_ transport: HeldTransport, more: String = "") -> FunctionEndpoints {
        let connector = StandardTransports().connector
        let registry = TransportRegistry([transport])
        let module = FunctionModule(
            ModuleText(
                file: "module.yaml",
                """
                kind: io.statefun.endpoints.v2/http
                spec:
                  functions: com.example/*
                  urlPathTemplate: http://localhost/
                  transport:
                    type: \(transport.transportType)
                \(more)
                """
            ),
            options: .init(),
            transports: registry,
            connector: connector
        )
        #expect(module.diagnostics.isEmpty)
        return FunctionEndpoints(module, transports: registry)
    }

    @Test("what is invoked while a call is in flight leaves as one batch, in order, and never before its end")
    func batches() async throws {
        let transport = HeldTransport()
        let functions = endpoints(transport)
        let bob = Address(try TypeName(parsing: "com.example/greeter"), id: "Bob")
        async let first = functions.invoke(bob, [.int(0)])
        #expect(await transport.requests(1).map { $0.invocations.count } == [1])
        async let second = functions.invoke(bob, [.int(1), .int(2)])
        async let other = functions.invoke("com.example/other", id: "Bob", .int(7))
        // The other address is called at once, while this one waits.
        _ = await transport.requests(2)
        transport.release()
        #expect(try await first.batchSize == 1)
        let requests = await transport.requests(3)
        #expect(requests[1].target.type == "other")
        #expect(try requests[2].invocations.map { try FunctionValue.decode($0.argument) } == [.int(1), .int(2)])
        transport.release()
        transport.release()
        #expect(try await other.batchSize == 1)
        #expect(try await second.batchSize == 2)
        #expect(try await second.batchIndex == 0)
        await functions.shutdown()
    }

    @Test("declared state travels with the next request and keeps its value between calls")
    func state() async throws {
        let transport = HeldTransport { batch in
            var answer = WireFromFunction()
            guard batch.state.contains(where: { $0.stateName == "seen" }) else {
                var missing = WireFromFunction.PersistedValueSpec()
                missing.stateName = "seen"
                missing.typeTypename = "io.statefun.types/int"
                answer.incompleteInvocationContext.missingValues = [missing]
                return answer
            }
            let before = (try? batch.state.first.map { try FunctionValue.decode($0.stateValue) }) ?? nil
            var change = WireFromFunction.PersistedValueMutation()
            change.stateName = "seen"
            change.mutationType = .modify
            change.stateValue = before == .int(1) ? FunctionValue.int(2).wire : FunctionValue.int(1).wire
            answer.invocationResult.stateMutations = [change]
            return answer
        }
        let functions = endpoints(transport)
        async let first = functions.invoke("com.example/greeter", id: "Bob", .string("a"))
        _ = await transport.requests(1)
        transport.release()
        _ = await transport.requests(2)
        transport.release()
        #expect(try await first.requests == 2)
        #expect(try await first.state == [StateValue("seen", .int(1))])
        async let second = functions.invoke("com.example/greeter", id: "Bob", .string("b"))
        _ = await transport.requests(3)
        transport.release()
        #expect(try await second.requests == 1)
        #expect(try await second.state == [StateValue("seen", .int(2))])
        await functions.shutdown()
    }

    @Test("a typename that is none, and a function that nobody serves, fail before anything is sent")
    func misconfigured() async throws {
        let functions = endpoints(HeldTransport())
        for name in ["greeter", "com.nobody/greeter", ""] {
            let failure = await #expect(throws: RequestReplyFailure.self) { try await functions.invoke(name, id: "a", .int(1)) }
            #expect(failure?.kind == .misconfigured)
        }
        await functions.shutdown()
    }
}
