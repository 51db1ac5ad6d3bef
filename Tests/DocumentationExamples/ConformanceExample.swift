import ConformanceKit
import HTTPFunctionEndpoint
import TransportCore

/// Runs the fixtures against a transport type. What stands between `begin` and `end` is the text of its page.
enum ConformanceExample {
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
}
