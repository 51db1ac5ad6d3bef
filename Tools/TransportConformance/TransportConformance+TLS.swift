internal import TestSupport
internal import TransportCore

extension TransportConformance {
    static let tlsCases: [TransportCase] = [
        TransportCase(
            "tls.trusted",
            "a certificate of an authority in trust_cacerts is taken, and what is sent is encrypted",
            needs: [.option("trust_cacerts")]
        ) {
            subject in
            let certificates = try await TestCertificates.shared()
            let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([1])], tls: certificates.server(.localhost))
            for host in ["localhost", "127.0.0.1"] {
                let client = try subject.client("https://\(host):\(server.port)/", ["trust_cacerts": certificates.authority])
                subject.expect(try await subject.call(client), answers: [1])
            }
            // The type of a handshake record (RFC 8446, section 5.1).
            subject.expect(try await server.connection().receivedRaw.first == 0x16, "what is sent does not begin as TLS does")
        },
        TransportCase(
            "tls.refused",
            "a certificate that has expired, is for another host or from nobody trusted is refused",
            needs: [.option("trust_cacerts")]
        ) {
            subject in
            let certificates = try await TestCertificates.shared()
            for kind in [TestCertificates.Server.expired, .wrongHost, .selfSigned] {
                let server = try await RawServer.start(.tcp, [.readRequest, .sendResult([1])], tls: certificates.server(kind))
                let client = try subject.client(
                    "https://localhost:\(server.port)/",
                    ["trust_cacerts": certificates.authority, "call": "2 s"]
                )
                subject.expect(try await subject.call(client), fails: .certificateRefused, .handshakeFailed)
                subject.expect(server.connections.allSatisfy { $0.received.isEmpty }, "a request was sent to a server that is not trusted")
            }
        },
        TransportCase("tls.stalled", "a handshake that stalls ends within the call", needs: [.option("trust_cacerts"), .option("call")]) {
            subject in
            let server = try await RawServer.start(.tcp, [.readTLSRecord])
            let client = try subject.client("https://localhost:\(server.port)/", ["call": "400 ms"])
            let outcome = try await subject.expect("the call", from: .milliseconds(400), to: .milliseconds(400)) {
                try await subject.call(client)
            }
            subject.expect(outcome, fails: .budgetSpent, .timedOut, .handshakeFailed)
        },
        TransportCase("tls.unix-socket", "https+unix is TLS", needs: [.option("trust_cacerts"), .unixSockets]) { subject in
            let certificates = try await TestCertificates.shared()
            let folder = try TemporaryDirectory()
            let server = try await RawServer.start(
                .unix(path: folder.file("f.sock")),
                [.readRequest, .sendResult([1])],
                tls: certificates.server(.localhost)
            )
            let client = try subject.client("https+unix://\(folder.file("f.sock"))/", ["trust_cacerts": certificates.authority])
            subject.expect(try await subject.call(client), answers: [1])
            subject.expect(try await server.connection().receivedRaw.first == 0x16, "what is sent does not begin as TLS does")
        },
    ]
}
