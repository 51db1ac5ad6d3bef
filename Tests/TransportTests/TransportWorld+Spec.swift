import PoolManager
import TestSupport
import Testing
import TransportCore

extension Wiring {
    /// What a spec says under `retry` for one attempt only: the time that is left is never enough for the pause.
    static let once = ["first_pause: 1h", "max_pause: 1h"]

    /// The text of a spec: the limits where this transport reads them, `other` lines, and what it says under `retry`, which is
    /// free of chance.
    func spec(_ limits: String..., other: [String] = [], retry: [String] = []) -> String {
        let above = self == .blocking && !limits.isEmpty ? ["timeouts:"] : []
        let indent = self == .blocking ? "  " : ""
        let below = ["retry:", "  jitter: 0"] + retry.map { "  \($0)" }
        return (above + limits.map { indent + $0 } + other + below).joined(separator: "\n")
    }

    /// Where ``spec(_:other:retry:)`` writes the limit with this number, counted from 1.
    func place(_ number: Int) -> String {
        self == .blocking ? "module.yaml:\(number + 1):3" : "module.yaml:\(number):1"
    }
}

extension TransportWorld {
    /// How much time has passed.
    var elapsed: Duration { start.duration(to: loop.now) }

    /// A client of a URL, with exactly these options.
    func client(_ url: String, spec: String) throws -> any RequestReplyClient {
        try factory.makeClient(.reading(spec), endpoint: EndpointURL(parsing: url), metrics: metrics)
    }

    /// A client of the server at 127.0.0.1, with exactly these options.
    func client(_ server: RawServer, spec: String) throws -> any RequestReplyClient {
        try client("http://127.0.0.1:\(server.port)/functions", spec: spec)
    }

    /// How a call failed.
    func failure(_ call: Task<Result<String, RequestReplyFailure>, Never>) async throws -> RequestReplyFailure {
        let outcome = await call.value
        return try #require(outcome.failure, "it was answered: \(outcome)")
    }

    /// Waits until that many calls stand in the lines of the pools.
    func waiting(_ count: Int) async throws {
        for _ in 0..<1_000_000 {
            if await pools.figures().values.reduce(0, { $0 + $1.waiting }) == count { return }
            await Task.yield()
        }
        Issue.record("\(count) calls never stood in line")
    }
}
