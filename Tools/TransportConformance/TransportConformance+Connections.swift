internal import TestSupport
internal import TransportCore

extension TransportConformance {
    static let connectionCases: [TransportCase] = [
        TransportCase("connection.kept", "one connection carries call after call") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([1]), .readRequest, .sendResult([2])])
            let client = try subject.client(server)
            subject.expect(try await subject.call(client), answers: [1])
            subject.expect(try await subject.call(client), answers: [2])
            subject.expect(server.connectionCount == 1, "\(server.connectionCount) connections were made for two calls")
        },
        TransportCase("connection.closed-while-idle", "a kept connection that the peer has closed costs no call") { subject in
            for ending in [RawServer.Step.close, .reset] {
                let server = try await RawServer.start(
                    .tcp,
                    scripts: [[.readRequest, .sendResult([1]), ending], [.readRequest, .sendResult([2])]]
                )
                let client = try subject.client(server)
                subject.expect(try await subject.call(client), answers: [1])
                subject.expect(try await subject.call(client), answers: [2])
            }
        },
        TransportCase("connection.not-kept", "no connection is used again that the peer will close or that is out of step") { subject in
            let answer = head("200 OK", [RawServer.Step.octets, "content-length: 1"]) + "a"
            let closing = head("200 OK", [RawServer.Step.octets, "content-length: 1", "connection: close"]) + "a"
            let old = answer.replacing("HTTP/1.1", with: "HTTP/1.0")
            for first in [closing, old, answer + "HTTP/1.1 200 OK\r\n"] {
                let server = try await RawServer.start(
                    .tcp,
                    scripts: [[.readRequest, .send(first), .readRequest, .sendResult([9])], [.readRequest, .sendResult([2])]]
                )
                let client = try subject.client(server)
                subject.expect(try await subject.call(client), answers: Array("a".utf8))
                subject.expect(try await subject.call(client), answers: [2])
            }
        },
        TransportCase(
            "connection.line",
            "calls beyond pool_size wait for their turn, first come first served",
            needs: [.option("pool_size")]
        ) { subject in
            let gate = Gate()
            let turns = (1...3).flatMap { [RawServer.Step.readRequest, .sendResult([UInt8($0)])] }
            let server = try await RawServer.start(.tcp, [.readRequest, .wait(gate), .sendResult([0])] + turns)
            let client = try subject.client(server, ["pool_size": "1"])
            let first = subject.begin(client)
            try await server.connection().received(count: 1)
            let others = (1...3).map { _ in subject.begin(client) }
            gate.open()
            subject.expect(await first.value, answers: [0])
            var answers: [UInt8] = []
            for other in others {
                if case .success(let answer) = await other.value { answers += answer }
            }
            subject.expect(answers.sorted() == [1, 2, 3], "the calls in line got \(answers)")
            subject.expect(server.connectionCount == 1, "\(server.connectionCount) connections were made with pool_size 1")
        },
    ]
}
