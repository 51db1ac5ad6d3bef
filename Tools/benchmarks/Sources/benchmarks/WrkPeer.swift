import CMeasuring
import Foundation

/// `wrk`: what a client can reach on this machine at most.
final class WrkPeer: Contender {
    static let peerName = "wrk"
    let name = WrkPeer.peerName

    private let program: String
    private let plan: CallPlan
    private let script: String

    /// - Parameter folder: where its script and the body go.
    /// - Throws: ``BenchmarkFailure`` where it is not installed.
    init(_ plan: CallPlan, in folder: TemporaryFolder) throws {
        guard let program = ChildProgram.find("wrk") else {
            throw BenchmarkFailure("wrk is not installed; scripts/bench installs it, or: apt-get install wrk")
        }
        self.program = program
        self.plan = plan
        let body = try folder.write(plan.payload(), "body-\(plan.invocations)-\(plan.argumentBytes)")
        let text = """
            wrk.method = "POST"
            wrk.headers["Content-Type"] = "application/octet-stream"
            local file = io.open("\(body)", "rb")
            wrk.body = file:read("*a")
            file:close()
            done = function(summary, latency)
                local errors = summary.errors
                io.write(string.format("result %d %d %d %f\\n", summary.requests, summary.duration,
                    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
                    latency:percentile(50)))
            end
            """
        script = try folder.write(Array(text.utf8), "wrk-\(plan.invocations)-\(plan.argumentBytes).lua")
    }

    /// A new process each time keeps nothing.
    func warmUp() {}

    func window(_ seconds: Double) throws -> Figures {
        let before = measuring_children_time()
        let arguments = [
            "-t1", "-c\(plan.inFlight)", "-d\(max(1, Int(seconds.rounded(.up))))s", "--timeout", "30s", "-s", script, plan.url,
        ]
        let output = try ChildProgram.run(program, arguments)
        guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("result ") }) else {
            throw BenchmarkFailure("wrk printed no result: \(output)")
        }
        let values = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard values.count == 4, values[1] > 0 else { throw BenchmarkFailure("wrk printed no figures: \(line)") }
        guard values[2] == 0 else { throw BenchmarkFailure("wrk had \(Int(values[2])) errors") }
        let calls = max(values[0], 1)
        let after = measuring_children_time()
        // Its longer latencies are not what it has seen: it adds what calls would have waited that it did not make meanwhile.
        var figures: Figures = [
            .rate: values[0] / values[1] * 1_000_000,
            .median: values[3],
            .user: Double(after.user - before.user) / 1_000 / calls,
            .system: Double(after.system - before.system) / 1_000 / calls,
        ]
        if plan.invocations > 1 {
            figures[.invocations] = (figures[.rate] ?? 0) * Double(plan.invocations)
        }
        return figures
    }
}
