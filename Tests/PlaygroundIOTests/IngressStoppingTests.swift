import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

/// An ingress that stops while a message is being taken.
@Suite struct IngressStoppingTests {
    @Test("a message that is being taken is answered before it stops")
    func drains() async throws {
        let gate = Gate()
        let accepting = GatedMessages(gate)
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: accepting))
        try await client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        try await accepting.arrived.opened("the message")
        async let stopped: Void = ingress.stop(drainingFor: .seconds(60))
        gate.open()
        #expect(try await client.answer().status == 202)
        await stopped
        try await client.ended()
    }

    @Test("a message that takes too long is cut off when it stops")
    func cutsOff() async throws {
        let accepting = GatedMessages(Gate())
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: accepting))
        try await client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        try await accepting.arrived.opened("the message")
        await ingress.stop(drainingFor: .zero)
        try await client.ended()
    }

    @Test("a client whose message does not get whole is told so when it stops, and does not hold it up")
    func halfSent() async throws {
        let ingress = PlaygroundIngress(PlaygroundIngressSpec(port: 0), logger: RecordedLog().logger)
        let client = try await WireClient(to: try await ingress.start(into: GatedMessages(Gate())))
        try await client.send("PUT /example/person/Bob HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
        // Now it is known that the head has come.
        #expect(try await client.answer(hasBody: false).status == 100)
        async let stopped: Void = ingress.stop(drainingFor: .seconds(600))
        let answer = try await client.answer()
        #expect(answer.status == 503)
        #expect(answer.fields["connection"] == "close")
        #expect(answer.fields["retry-after"] == "5")
        await client.close()
        await stopped
    }
}

/// Takes messages when a gate opens.
private final class GatedMessages: MessageAccepting {
    let arrived = Gate()
    private let gate: Gate

    init(_ gate: Gate) {
        self.gate = gate
    }

    func begin(_ message: IngressMessage, _ completion: @escaping @Sendable (IngressRefusal?) -> Void) {
        arrived.open()
        Task {
            do {
                try await gate.opened()
                completion(nil)
            } catch {
                completion(IngressRefusal(.shuttingDown, "it ends"))
            }
        }
    }
}
