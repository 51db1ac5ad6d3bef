internal import TestSupport
internal import TransportCore

extension TransportConformance {
    static let failureCases: [TransportCase] = [
        TransportCase("failure.status", "a status that stays what it is ends the call at once and is named") { subject in
            for status in [400, 401, 403, 404, 405, 413] {
                let server = try await RawServer.start(.tcp, [.readRequest, .status(status), .readRequest, .sendResult([1])])
                let outcome = try await subject.call(subject.client(server))
                subject.expect(outcome, fails: .finalStatus)
                if case .failure(let failure) = outcome {
                    subject.expect(failure.status == status, "the failure has the status \(failure.status ?? 0) instead of \(status)")
                }
            }
        },
        TransportCase("failure.passing-status", "a status that may pass is tried again within the call") { subject in
            for status in [408, 409, 420, 429, 499, 500, 502, 503, 504, 599] {
                let server = try await RawServer.start(
                    .tcp,
                    scripts: [[.readRequest, .status(status), .close], [.readRequest, .sendResult([1])]]
                )
                subject.expect(try await subject.call(subject.client(server)), answers: [1])
            }
        },
        TransportCase("failure.lost", "a connection that ends before its answer is complete is tried again, with the same bytes") {
            subject in
            let partial = head("200 OK", [RawServer.Step.octets, "content-length: 9"]) + "abc"
            for ending in [
                [RawServer.Step.close], [.reset], [.send("HTTP/1."), .close], [.send(partial), .close], [.send(partial), .reset],
            ] {
                let server = try await RawServer.start(.tcp, scripts: [[.readRequest] + ending, [.readRequest, .sendResult([1])]])
                subject.expect(try await subject.call(subject.client(server)), answers: [1])
                subject.expect(
                    server.connections.count == 2 && server.connections[0].received == server.connections[1].received,
                    "the second request is not the same as the first"
                )
            }
        },
        TransportCase("failure.refused", "nobody who listens is a failure that may pass, within the call", needs: [.option("call")]) {
            subject in
            let refusing = try RefusingServer()
            let client = try subject.client("http://127.0.0.1:\(refusing.port)/", ["call": "300 ms", "connect": "300 ms"])
            let outcome = try await subject.expect("the call", from: .zero, to: .milliseconds(300)) { try await subject.call(client) }
            subject.expect(outcome, fails: .connectFailed, .budgetSpent, .timedOut)
        },
        TransportCase("failure.content-type", "a body of another media type, or of none, is no answer") { subject in
            for fields in [["content-type: text/html"], []] {
                let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK", fields, [1])])
                subject.expect(try await subject.call(subject.client(server)), fails: .contentType)
            }
        },
        TransportCase("failure.unsound", "an answer whose end is in doubt is no answer") { subject in
            let octets = RawServer.Step.octets
            let answers = [
                head("200 OK", [octets, "content-length: 3", "content-length: 4"]) + "abcd",
                head("200 OK", [octets, "content-length: 3", "transfer-encoding: chunked"]) + "0\r\n\r\n",
                head("200 OK", [octets, "content-length: +3"]) + "abc",
                head("200 OK", [octets, "content-length: -1"]) + "abc",
                head("200 OK", [octets, "transfer-encoding: chunked"]) + "x\r\nabc\r\n0\r\n\r\n",
                head("200 OK", [octets, "transfer-encoding: chunked"]) + "3\r\nabcde\r\n0\r\n\r\n",
                head("200 OK", [octets, " folded: x", "content-length: 1"]) + "a",
                "SSH-2.0-OpenSSH_9\r\n",
            ]
            for answer in answers {
                let server = try await RawServer.start(.tcp, [.readRequest, .send(answer), .close])
                subject.expect(try await subject.call(subject.client(server, ["call": "500 ms"])))
            }
        },
        TransportCase("failure.redirect", "a redirect is followed with the same POST, or is a failure; never a GET") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest, .redirect(307, to: "/there"), .readRequest, .sendResult([1])])
            switch try await subject.call(subject.client(server)) {
            case .success(let answer): subject.expect(answer == [1], "the answer is not that of the place that the redirect leads to")
            case .failure(let failure): subject.expect(failure.kind == .redirect, "the failure is '\(failure.kind)'")
            }
            subject.expect(server.connections.allSatisfy { !$0.receivedText.contains("GET ") }, "a redirect was followed with a GET")
        },
        TransportCase("failure.too-large", "an answer over payload_max_bytes is not read to its end", needs: [.option("payload_max_bytes")])
        { subject in
            let body = Array(repeating: UInt8(1), count: 200)
            let gzip = RawServer.Step.compressed(Array(repeating: 1, count: 100_000), .gzip)
            for answer in [RawServer.Step.sendResult(body), .chunked([body, body]), gzip] {
                let server = try await RawServer.start(.tcp, [.readRequest, answer])
                subject.expect(
                    try await subject.call(subject.client(server, ["payload_max_bytes": "150"])),
                    fails: .responseTooLarge,
                    .malformedResponse
                )
            }
        },
    ]
}
