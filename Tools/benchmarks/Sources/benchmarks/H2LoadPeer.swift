import Foundation

/// `h2load`, a client in C++ that comes with nghttp2; takes part where it is installed.
final class H2LoadPeer: Contender {
    let name = "h2load"

    private let program: String
    private let plan: CallPlan
    private let body: String

    /// - Parameter folder: where the body goes.
    /// - Returns: `nil` where it is not installed.
    init?(_ plan: CallPlan, in folder: TemporaryFolder) throws {
        guard let program = ChildProgram.find("h2load") else { return nil }
        self.program = program
        self.plan = plan
        body = try folder.write(plan.payload(), "body-\(plan.invocations)-\(plan.argumentBytes)")
    }

    /// A new process each time keeps nothing.
    func warmUp() {}

    func window(_ seconds: Double) throws -> Figures {
        let output = try ChildProgram.run(
            program,
            [
                "--h1", "-t1", "-c\(plan.inFlight)", "-D\(max(1, Int(seconds.rounded(.up))))", "-d", body,
                "-H", "Content-Type: application/octet-stream", plan.url,
            ]
        )
        // Such as: finished in 1.03s, 7559.00 req/s, 597.93KB/s
        let line = output.split(separator: "\n").first { $0.hasPrefix("finished in ") }
        guard let line, let rate = line.split(separator: " ").dropFirst(3).first.flatMap({ Double($0) }) else {
            throw BenchmarkFailure("h2load printed no result: \(output)")
        }
        guard output.contains(" 0 failed, 0 errored, 0 timeout") else { throw BenchmarkFailure("h2load had errors: \(output)") }
        return [.rate: rate]
    }
}
