internal import TestSupport

extension TransportConformance {
    static let answerCases: [TransportCase] = [
        TransportCase("answer.empty", "200 without a body, and 204, are answers without effects") { subject in
            for status in [200, 204] {
                let server = try await RawServer.start(
                    .tcp,
                    [.readRequest, .send(head("\(status) Fine", status == 200 ? ["content-length: 0"] : []))]
                )
                subject.expect(try await subject.call(subject.client(server)), answers: [])
            }
        },
        TransportCase("answer.chunked", "an answer in chunks, with extensions and trailers, is put together") { subject in
            let chunks = "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx: y\r\n\r\n"
            let answer = head("200 OK", [RawServer.Step.octets, "transfer-encoding: chunked"]) + chunks
            let server = try await RawServer.start(.tcp, [.readRequest, .sendSlowly(answer, every: .zero)])
            subject.expect(try await subject.call(subject.client(server)), answers: Array("abcde".utf8))
        },
        TransportCase("answer.interim", "interim responses are passed over") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest, .interim(100), .interim(103, ["link: x"]), .sendResult([1])])
            subject.expect(try await subject.call(subject.client(server)), answers: [1])
        },
        TransportCase("answer.until-close", "a body without a length ends where the connection does") { subject in
            let server = try await RawServer.start(.tcp, [.readRequest, .send(head("200 OK", [RawServer.Step.octets]) + "abc"), .close])
            subject.expect(try await subject.call(subject.client(server)), answers: Array("abc".utf8))
        },
        TransportCase("answer.content-type", "parameters of the content type make no difference") { subject in
            let fields = ["Content-Type: Application/Octet-Stream; charset=x"]
            let server = try await RawServer.start(.tcp, [.readRequest, .respond("200 OK", fields, [1])])
            subject.expect(try await subject.call(subject.client(server)), answers: [1])
        },
        TransportCase("answer.codings", "every coding that the request asks for is undone") { subject in
            let probe = try await RawServer.start(.tcp, [.readRequest, .sendResult()])
            _ = try await subject.call(subject.client(probe))
            let text = try await probe.connection().receivedText.lowercased()
            let body = Array("an answer, an answer, an answer".utf8)
            for coding in RawServer.Step.Coding.allCases where text.contains(coding.name) {
                let server = try await RawServer.start(.tcp, [.readRequest, .compressed(body, coding)])
                subject.expect(try await subject.call(subject.client(server)), answers: body)
            }
        },
    ]

    static func head(_ status: String, _ fields: [String]) -> String {
        (["HTTP/1.1 \(status)"] + fields + ["", ""]).joined(separator: "\r\n")
    }
}
