internal import TestSupport
internal import TransportCore

extension TransportConformance {
    private static let limit = Duration.milliseconds(400)
    private static let call = ["call": "400 ms"]

    static let limitCases: [TransportCase] = [
        TransportCase("limits.call.silence", "a peer that stays silent uses up the call's time and no more", needs: [.option("call")]) {
            subject in
            for script in [[RawServer.Step.readRequest], [.stopReading]] {
                let server = try await RawServer.start(.tcp, script)
                let client = try subject.client(server, call)
                let outcome = try await subject.expect("the call", from: limit, to: limit) { try await subject.call(client) }
                subject.expect(outcome, fails: .budgetSpent, .timedOut)
            }
        },
        TransportCase("limits.call.trickle", "an answer that comes byte by byte does not lengthen the call", needs: [.option("call")]) {
            subject in
            let answer = head("200 OK", [RawServer.Step.octets, "content-length: 10000"]) + String(repeating: "x", count: 10_000)
            let server = try await RawServer.start(.tcp, [.readRequest, .sendSlowly(answer, every: .milliseconds(20))])
            let client = try subject.client(server, call)
            let outcome = try await subject.expect("the call", from: limit, to: limit) { try await subject.call(client) }
            subject.expect(outcome, fails: .budgetSpent, .timedOut)
        },
        TransportCase("limits.call.retries", "further attempts, and the pauses before them, are part of the call", needs: [.option("call")])
        { subject in
            let server = try await RawServer.start(.tcp, scripts: [[.readRequest, .status(503), .close]])
            let client = try subject.client(server, call)
            let outcome = try await subject.expect("the call", from: .zero, to: limit) { try await subject.call(client) }
            subject.expect(outcome, fails: .passingStatus, .budgetSpent)
        },
        TransportCase(
            "limits.connect",
            "a host that does not answer to a connection trips `connect`",
            needs: [.option("connect"), .option("call")]
        ) {
            subject in
            let server = try await SwallowingServer.start()
            let client = try subject.client("http://127.0.0.1:\(server.port)/", ["call": "900 ms", "connect": "200 ms"])
            let outcome = try await subject.expect("the call", from: .milliseconds(200), to: .milliseconds(900)) {
                try await subject.call(client)
            }
            subject.expect(outcome, fails: .timedOut, .budgetSpent, .connectFailed)
        },
        TransportCase(
            "limits.read",
            "a peer that sends nothing for so long trips `read`, one that sends slowly does not",
            needs: [.option("read")]
        ) {
            subject in
            let limits = ["call": "20 s", "read": "400 ms"]
            let silent = try await RawServer.start(.tcp, scripts: [[.readRequest], [.readRequest, .sendResult([1])]])
            subject.expect(
                try await subject.expect("the call", from: limit, to: limit) { try await subject.call(subject.client(silent, limits)) },
                answers: [1]
            )
            let answer = head("200 OK", [RawServer.Step.octets, "content-length: 1"]) + "a"
            let slow = try await RawServer.start(.tcp, [.readRequest, .sendSlowly(answer, every: .milliseconds(10))])
            subject.expect(try await subject.call(subject.client(slow, ["call": "20 s", "read": "5 s"])), answers: Array("a".utf8))
            subject.expect(slow.connectionCount == 1, "an answer that came slowly was asked for again")
        },
        TransportCase("limits.write", "a peer that takes nothing for so long trips `write`", needs: [.option("write")]) { subject in
            let server = try await RawServer.start(.tcp, scripts: [[.stopReading], [.readRequest, .sendResult([1])]])
            let client = try subject.client(server, ["call": "60 s", "write": "2 s"])
            subject.expect(try await subject.call(client, Array(repeating: 1, count: 16 << 20)), answers: [1])
        },
        TransportCase("limits.cancel", "a cancelled call ends at once, and its connection with it") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest])
            let call = subject.begin(try subject.client(server))
            try await server.connection().scriptEnded()
            call.cancel()
            subject.expect(await subject.expect("the call", from: .zero, to: .zero) { await call.value }, fails: .cancelled)
            try await server.connection().closed()
        },
        TransportCase("limits.shutdown", "a shutdown ends calls in flight, closes connections and refuses later calls") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest])
            let client = try subject.client(server)
            let call = subject.begin(client)
            try await server.connection().scriptEnded()
            await subject.expect("the shutdown", from: .zero, to: .zero) { await subject.factory.shutdown() }
            subject.expect(await call.value, fails: .shutDown)
            subject.expect(try await subject.call(client), fails: .shutDown)
            try await server.connection().closed()
        },
    ]
}
