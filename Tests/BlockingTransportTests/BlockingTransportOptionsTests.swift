import HTTPExchange
import PoolManager
import Testing
import TransportCore

@testable import BlockingTransport

/// The options of the blocking transport, as a spec writes them.
@Suite struct BlockingTransportOptionsTests {
    private static let position = SourcePosition(line: 5, column: 3)

    private func inspect(timeouts: [(String, String)] = [], _ others: [(String, String)] = []) -> TransportInspection {
        func entries(_ pairs: [(String, String)]) -> [SpecNode.Entry] {
            pairs.map { SpecNode.Entry(key: $0, keyPosition: Self.position, value: SpecNode(.scalar($1), at: Self.position)) }
        }
        let nested = SpecNode(.mapping(entries(timeouts)), at: Self.position)
        let all = entries(others) + (timeouts.isEmpty ? [] : [SpecNode.Entry(key: "timeouts", keyPosition: Self.position, value: nested)])
        let connector = HTTPConnector()
        let transport = BlockingTransport(connector: connector, pools: PoolManager(connector: connector))
        return transport.inspect(TransportProperties(file: "m.yaml", node: SpecNode(.mapping(all), at: Self.position)))
    }

    private func values(_ inspection: TransportInspection) -> [String: String] {
        Dictionary(uniqueKeysWithValues: inspection.options.map { ($0.name, $0.value) })
    }

    @Test("without any key every documented default holds")
    func defaults() {
        let inspection = inspect()
        #expect(inspection.problems.isEmpty)
        let values = values(inspection)
        #expect(values["timeouts.call"] == "1 min")
        for name in ["connect", "read", "write"] {
            #expect(values["timeouts.\(name)"] == "10 s")
        }
    }

    @Test("the program says how long a payload may be where the spec does not", arguments: [(99, "99"), (0, "1"), (Int.max, "2147483647")])
    func defaultPayload(payload: Int, shown: String) {
        let connector = HTTPConnector()
        let transport = BlockingTransport(connector: connector, pools: PoolManager(connector: connector), defaultPayload: payload)
        #expect(values(transport.inspect(.none))["payload_max_bytes"] == shown)
    }

    @Test("limits that are written may not exceed call, and defaults are lowered to it")
    func withinCall() {
        let lowered = inspect(timeouts: [("call", "5s")])
        #expect(lowered.problems.isEmpty)
        for name in ["connect", "read", "write"] {
            #expect(values(lowered)["timeouts.\(name)"] == "5 s")
            #expect(inspect(timeouts: [("call", "5s"), (name, "6s")]).problems.map(\.severity) == [.error])
            #expect(inspect(timeouts: [(name, "61s")]).problems.map(\.severity) == [.error])
        }
    }

    @Test("zero and what is no duration are errors, all in one pass")
    func zero() {
        let inspection = inspect(timeouts: [("call", "0"), ("connect", "-1s"), ("read", "1.5s"), ("write", "1 fortnight")])
        #expect(inspection.problems.filter { $0.severity == .error }.count == 4)
    }

    @Test("a key of the other transport is a warning that names this one's", arguments: ["call", "connect"])
    func otherTransport(key: String) {
        let inspection = inspect([(key, "5s")])
        #expect(inspection.problems.map(\.severity) == [.warning])
        #expect(inspection.problems.first?.remedy.contains("timeouts.\(key)") == true)
    }
}
