import ConformanceKit
import HTTPFunctionEndpoint
public import TransportConformance
import TransportCore

/// Runs the fixtures against a transport type. What stands between `begin` and `end` is the text of its page.
public enum ConformanceExample {
    /// Stands for the transport type of a user.
    private static func MyTransport() -> any RequestReplyClientFactory { StandardTransports().async }

    static func run() async throws -> [ConformanceResult] {
        // begin conformance
        let results = try await ConformanceSuite(factory: MyTransport()).run()
        for result in results where !result.passed {
            print(result)
        }
        // end conformance
        return results
    }

    /// Takes the transport of `CustomTransport.swift` through the cases.
    public static func transport() async -> [TransportCaseResult] {
        // begin cases
        let conformance = TransportConformance(options: ["payload_max_bytes": "1000000"]) { LoopbackTransport { $0 } }
        let results = await conformance.run()
        for result in results where result.isFailure {
            print(result)
        }
        // end cases
        return results
    }
}
