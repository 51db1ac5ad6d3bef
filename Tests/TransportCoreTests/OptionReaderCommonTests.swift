import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@Suite struct OptionReaderCommonTests {
    // MARK: Retries

    @Test("without keys under retry the transport's own first pause holds, with a cap of 10 s and a jitter of a half")
    func retryDefaults() {
        var reader = OptionReader(.reading(""))
        #expect(reader.retryPolicy(firstPause: .milliseconds(4)) == RetryPolicy(firstPause: .milliseconds(4)))
        #expect(reader.finish().options.map(\.name) == ["retry.first_pause", "retry.max_pause", "retry.jitter", "retry.everything"])
    }

    @Test("every key under retry counts")
    func retryKeys() {
        var reader = OptionReader(
            .reading(
                """
                retry:
                  first_pause: 20ms
                  max_pause: 1s
                  jitter: 0.25
                  everything: true
                """
            )
        )
        let policy = reader.retryPolicy(firstPause: .milliseconds(4))
        #expect(policy == RetryPolicy(firstPause: .milliseconds(20), maxPause: .seconds(1), jitter: 0.25, retriesEverything: true))
        #expect(reader.finish().problems.isEmpty)
    }

    @Test("a first pause above the default cap raises the cap")
    func longFirstPause() {
        var reader = OptionReader(.reading("retry:\n  first_pause: 1 min"))
        #expect(reader.retryPolicy(firstPause: .milliseconds(4)).maxPause == .seconds(60))
        #expect(reader.finish().problems.isEmpty)
    }

    @Test("a written cap below the first pause is an error")
    func lowCap() {
        var reader = OptionReader(.reading("retry:\n  first_pause: 2s\n  max_pause: 1s"))
        _ = reader.retryPolicy(firstPause: .milliseconds(4))
        #expect(
            reader.finish().problems.map(\.description) == [
                "module.yaml:3:14: error: retry.max_pause is shorter than retry.first_pause; raise it to at least 2 s"
            ]
        )
    }

    @Test("a first pause that cannot be read is one problem, whatever the cap is")
    func wrongFirstPause() {
        var reader = OptionReader(.reading("retry:\n  first_pause: later\n  max_pause: 1ms"))
        _ = reader.retryPolicy(firstPause: .milliseconds(4))
        #expect(reader.finish().problems.count == 1)
    }

    @Test("pauses of zero are refused", arguments: ["first_pause", "max_pause"])
    func zeroPause(key: String) {
        var reader = OptionReader(.reading("retry:\n  \(key): 0"))
        _ = reader.retryPolicy(firstPause: .milliseconds(4))
        let problems = reader.finish().problems
        #expect(problems.count == 1)
        #expect(problems.first?.message == "retry.\(key) is zero")
    }

    // MARK: TLS

    private func tls(_ text: String, problems: [SpecDiagnostic] = []) -> (settings: TLSSettings?, asked: [TLSSettings], problems: [String])
    {
        let asked = NIOLockedValueBox<[TLSSettings]>([])
        let connector = StubConnector(problems: { settings in
            asked.withLockedValue { $0.append(settings) }
            return problems
        })
        var reader = OptionReader(.reading(text, file: "/conf/module.yaml"))
        let settings = reader.tlsSettings(checkedBy: connector)
        return (settings, asked.withLockedValue { $0 }, reader.finish().problems.map(\.description))
    }

    @Test("without keys there are no settings, and nothing is checked")
    func noTLS() {
        let (settings, asked, problems) = tls("")
        #expect(settings == nil)
        #expect(asked.isEmpty)
        #expect(problems == [])
    }

    @Test("the four keys are paths, and whoever connects checks the files")
    func allTLS() {
        let (settings, asked, problems) = tls(
            """
            trust_cacerts: ca.pem
            client_cert: client.pem
            client_key: /keys/client.key
            client_key_password: password
            """
        )
        #expect(settings?.trustCACerts?.value == "/conf/ca.pem")
        #expect(settings?.clientCert?.value == "/conf/client.pem")
        #expect(settings?.clientKey?.value == "/keys/client.key")
        #expect(settings?.clientKeyPassword?.value == "/conf/password")
        #expect(settings?.clientKey?.source == .line(file: "/conf/module.yaml", SourcePosition(line: 3, column: 1)))
        #expect(asked == [settings])
        #expect(problems == [])
    }

    @Test(
        "half of a pair is an error that names the other half",
        arguments: [
            ("client_cert: c", ["1:14: error: client_cert is set without client_key; add client_key, the file with its private key"]),
            ("client_key: k", ["1:13: error: client_key is set without client_cert; add client_cert, the file with its certificate"]),
            ("client_key_password: p", ["1:22: error: client_key_password is set without client_key; add client_key, or remove it"]),
            (
                "client_cert: c\nclient_key_password: p",
                [
                    "1:14: error: client_cert is set without client_key; add client_key, the file with its private key",
                    "2:22: error: client_key_password is set without client_key; add client_key, or remove it",
                ]
            ),
        ]
    )
    func pairs(text: String, expected: [String]) {
        #expect(tls(text).problems == expected.map { "/conf/module.yaml:\($0)" })
    }

    @Test("what is wrong with the files joins the other problems, in the order of the file")
    func fileProblems() {
        let wrong = SpecDiagnostic(
            .error,
            at: SourcePosition(line: 2, column: 1),
            "trust_cacerts: no such file",
            remedy: "name one",
            file: "/conf/module.yaml"
        )
        let (_, _, problems) = tls("zebra: 1\ntrust_cacerts: ca.pem\nstripes: 2", problems: [wrong])
        #expect(problems.count == 3)
        #expect(problems[1] == "/conf/module.yaml:2:1: error: trust_cacerts: no such file; name one")
    }
}
