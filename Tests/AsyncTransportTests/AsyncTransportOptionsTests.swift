import HTTPExchange
import PoolManager
import Testing
import TransportCore

@testable import AsyncTransport

/// The options of the asynchronous transport, as a spec writes them.
@Suite struct AsyncTransportOptionsTests {
    private static let position = SourcePosition(line: 5, column: 3)

    private func inspect(_ entries: [SpecNode.Entry]) -> TransportInspection {
        let connector = HTTPConnector()
        let transport = AsyncTransport(connector: connector, pools: PoolManager(connector: connector))
        return transport.inspect(TransportProperties(file: "m.yaml", node: SpecNode(.mapping(entries), at: Self.position)))
    }

    private func entry(_ key: String, _ value: String) -> SpecNode.Entry {
        SpecNode.Entry(key: key, keyPosition: Self.position, value: SpecNode(.scalar(value), at: Self.position))
    }

    private func timeouts(_ entries: SpecNode.Entry...) -> SpecNode.Entry {
        SpecNode.Entry(key: "timeouts", keyPosition: Self.position, value: SpecNode(.mapping(entries), at: Self.position))
    }

    private func values(_ inspection: TransportInspection) -> [String: String] {
        Dictionary(uniqueKeysWithValues: inspection.options.map { ($0.name, $0.value) })
    }

    @Test("without any key every documented default holds")
    func defaults() {
        let inspection = inspect([entry("type", KnownTransport.async)])
        #expect(inspection.problems.isEmpty)
        let values = values(inspection)
        #expect(values["call"] == "2 min")
        #expect(values["connect"] == "20 s")
        #expect(values["pool_ttl"] == "15 s")
        #expect(values["pool_size"] == "1024")
        #expect(values["payload_max_bytes"] == "33554432")
        #expect(inspection.options.allSatisfy { $0.source == .byDefault })
    }

    @Test("the keys of the other transport are understood, and its default holds for the one that is left out")
    func migration() {
        let call = values(inspect([timeouts(entry("call", "30s"))]))
        #expect(call["timeouts.call"] == "30 s")
        #expect(call["timeouts.connect"] == "10 s")
        let connect = values(inspect([timeouts(entry("connect", "5s"))]))
        #expect(connect["timeouts.call"] == "1 min")
        #expect(connect["timeouts.connect"] == "5 s")
    }

    @Test("the transport's own key wins over the other's, which is a warning")
    func ownKeyWins() {
        let inspection = inspect([entry("call", "40s"), timeouts(entry("call", "30s"))])
        #expect(values(inspection)["call"] == "40 s")
        #expect(inspection.problems.map(\.severity) == [.warning])
    }

    @Test("read and write timeouts have no effect, which is a warning", arguments: ["read", "write"])
    func withoutEffect(key: String) {
        let inspection = inspect([timeouts(entry(key, "5s"))])
        #expect(inspection.problems.map(\.severity) == [.warning])
        #expect(inspection.problems.first?.message.contains("timeouts.\(key)") == true)
    }

    @Test("a connect limit that is written may not exceed call, and the default is lowered to it")
    func connectWithinCall() {
        let lowered = inspect([entry("call", "5s")])
        #expect(lowered.problems.isEmpty)
        #expect(lowered.options.first { $0.name == "connect" }?.source == .loweredToCall)
        #expect(values(lowered)["connect"] == "5 s")
        #expect(inspect([entry("call", "5s"), entry("connect", "6s")]).problems.map(\.severity) == [.error])
    }

    @Test("pool_ttl may be 0, other limits not")
    func zero() {
        #expect(inspect([entry("pool_ttl", "0")]).problems.isEmpty)
        for key in ["call", "connect", "pool_size", "payload_max_bytes"] {
            #expect(inspect([entry(key, "0")]).problems.map(\.severity) == [.error], "\(key)")
        }
    }

    @Test("certificate and key belong together")
    func certificates() {
        #expect(inspect([entry("client_cert", "a.pem")]).problems.contains { $0.message.contains("client_key") })
        #expect(inspect([entry("client_key", "a.pem")]).problems.contains { $0.message.contains("client_cert") })
    }

    @Test("an unknown key is a warning that names the nearest known one")
    func unknown() {
        let inspection = inspect([entry("pool_sise", "5")])
        #expect(inspection.problems.map(\.severity) == [.warning])
        #expect(inspection.problems.first?.remedy.contains("pool_size") == true)
    }
}
