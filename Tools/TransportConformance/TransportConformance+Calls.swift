internal import TestSupport
internal import TransportCore

extension TransportConformance {
    static let callCases: [TransportCase] = [
        TransportCase("call.request", "the request is a POST of exactly these bytes to the path and query as written") { subject in
            let body = (0...255).map { UInt8($0) }
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(body)])
            subject.expect(try await subject.call(subject.client(server, path: "/a%2Fb/c?d=%20e"), body), answers: body)
            let received = try await server.connection().received
            let text = String(decoding: received, as: UTF8.self)
            let lines = text.lowercased().split(separator: "\r\n")
            subject.expect(text.hasPrefix("POST /a%2Fb/c?d=%20e HTTP/1.1\r\n"), "the request begins with '\(lines.first ?? "")'")
            for field in ["host: 127.0.0.1:\(server.port)", "content-type: application/octet-stream", "content-length: 256"] {
                subject.expect(lines.contains { $0 == field }, "the request has no field '\(field)'")
            }
            subject.expect(Array(received.suffix(256)) == body, "the body is not what was given to the call")
        },
        TransportCase("call.large", "a megabyte goes there and comes back unchanged") { subject in
            let body = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(body)])
            subject.expect(try await subject.call(subject.client(server), body), answers: body)
            subject.expect(try await server.connection().received.suffix(body.count).elementsEqual(body), "the body arrived changed")
        },
        TransportCase("call.unix-socket", "a UNIX socket is called for the path behind its file", needs: [.unixSockets]) { subject in
            let folder = try TemporaryDirectory()
            let server = try await RawServer.start(.unix(path: folder.file("f.sock")), [.readRequest, .sendResult([1])])
            subject.expect(try await subject.call(subject.client("http+unix://\(folder.file("f.sock"))/a/b%2Fc?d")), answers: [1])
            let text = try await server.connection().receivedText
            subject.expect(text.hasPrefix("POST /a/b%2Fc?d HTTP/1.1\r\n"), "the request begins with '\(text.prefix(40))'")
        },
        TransportCase("call.many", "of many calls at once each gets the answer to its own request") { subject in
            let count = 50
            let scripts = (0..<count).map { number in [RawServer.Step.readRequest, .sendResult([UInt8(number)]), .close] }
            let server = try await RawServer.start(.tcp, scripts: scripts)
            let client = try subject.client(server, ["pool_size": "\(count)"])
            let calls = (0..<count).map { number in subject.begin(client, [UInt8(number)]) }
            for (number, call) in calls.enumerated() {
                switch await call.value {
                case .success(let answer):
                    let asked = answer.first.flatMap { server.connections[Int($0)].received.last }
                    subject.expect(asked == UInt8(number), "call \(number) got the answer to call \(asked.map { "\($0)" } ?? "none")")
                case .failure(let failure): subject.found("call \(number) failed: \(failure)")
                }
            }
        },
        TransportCase(
            "call.too-large",
            "a request over payload_max_bytes is refused and not sent",
            hasPeer: false,
            needs: [.option("payload_max_bytes")]
        ) {
            subject in
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
            let client = try subject.client(server, ["payload_max_bytes": "100"])
            subject.expect(try await subject.call(client, Array(repeating: 1, count: 101)), fails: .requestTooLarge)
            subject.expect(server.connectionCount == 0, "a connection was made for a request that is too long")
        },
        TransportCase("call.cancelled", "a call whose task is cancelled already ends at once", hasPeer: false) { subject in
            let server = try await RawServer.start(.tcp, [.readRequest])
            let client = try subject.client(server)
            let call = Task { () -> TransportUnderTest.Outcome in
                withUnsafeCurrentTask { $0?.cancel() }
                return await subject.begin(client).cancelledValue
            }
            _ = await subject.expect("the call", from: .zero, to: .zero) { await call.value }
        },
    ]
}

extension Task where Failure == Never {
    /// The value, after a cancellation.
    fileprivate var cancelledValue: Success {
        get async {
            cancel()
            return await value
        }
    }
}
