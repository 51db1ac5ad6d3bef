import AsyncHTTPClient
import NIOCore

/// How many calls a runtime has made, by its metrics.
struct CallCount {
    let calls: Double
    let messages: Double

    /// - Parameter url: where the runtime shows its metrics.
    /// - Throws: ``BenchmarkFailure`` where it does not.
    init(metricsOf url: String) throws {
        let text: String
        do {
            text = try HTTPClient.shared.get(url: url).wait().body.map { String(buffer: $0) } ?? ""
        } catch {
            throw BenchmarkFailure("\(url) cannot be read: \(error)")
        }
        // A line for each function: the name, with labels in braces, and the value behind the last space.
        func sum(_ name: String) -> Double {
            text.split(separator: "\n").filter { $0.hasPrefix(name) }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
                .reduce(0, +)
        }
        calls = sum("statefun_batch_size_count")
        messages = sum("statefun_batch_size_sum")
    }
}
