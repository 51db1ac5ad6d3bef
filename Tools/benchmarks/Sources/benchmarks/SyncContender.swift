import CMeasuring
import Foundation

/// Writes a page to a file and syncs it, one after the other: what anything durable costs on this disk at least.
struct SyncContender: Measured {
    private let file: Int32

    /// - Parameter path: a file that may be overwritten.
    init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { throw BenchmarkFailure("\(path) cannot be written: \(String(cString: strerror(errno)))") }
    }

    func window(_ seconds: Double) async throws -> Figures {
        measuring_reset_durations()
        let page = [UInt8](repeating: 0x41, count: 4_096)
        let stopwatch = Stopwatch()
        let deadline = ContinuousClock.now + .seconds(seconds)
        var begin = ContinuousClock.now
        var writes = 0
        while begin < deadline {
            guard pwrite(file, page, page.count, off_t(writes % 256 * page.count)) == page.count, fsync(file) == 0 else {
                throw BenchmarkFailure("a page cannot be written and synced: \(String(cString: strerror(errno)))")
            }
            let end = ContinuousClock.now
            measuring_add_duration(UInt64(max(0, begin.duration(to: end) / .nanoseconds(1))))
            begin = end
            writes += 1
        }
        var figures = stopwatch.figures(calls: writes)
        figures[.peakMemory] = nil
        figures.addLatencies()
        return figures
    }
}

extension Figures {
    /// Adds what the durations say that were added since they were last reset.
    mutating func addLatencies() {
        self[.median] = Double(measuring_duration_at(0.5)) / 1_000
        self[.ninth] = Double(measuring_duration_at(0.9)) / 1_000
        self[.ninetyNinth] = Double(measuring_duration_at(0.99)) / 1_000
    }
}
