import Foundation

/// What the system says about another process.
struct ProcessReading {
    /// Processor time in seconds. Both together are as exact as the process's own clock; how they share it is known in steps of the
    /// system's clock (a hundredth of a second as a rule).
    let user: Double
    let system: Double
    /// Bytes that are resident, and the most that ever were.
    let resident: Double
    let peakResident: Double

    /// - Throws: ``BenchmarkFailure`` where the process is gone, or the system has no such files.
    init(_ processID: Int32) throws {
        let status = try Self.text("/proc/\(processID)/status")
        func bytes(_ name: String) -> Double {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? 0) * 1_024
        }
        resident = bytes("VmRSS:")
        peakResident = bytes("VmHWM:")
        // The name of the program is in parentheses and may hold spaces; times are the 12th and 13th number after it.
        let statistics = try Self.text("/proc/\(processID)/stat")
        let fields = statistics[(statistics.lastIndex(of: ")") ?? statistics.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw BenchmarkFailure("/proc/\(processID)/stat has another form")
        }
        let all = try Self.processorTime(processID)
        let share = user + system > 0 ? user / (user + system) : 1
        self.user = all * share
        self.system = all * (1 - share)
    }

    /// In seconds, of all its threads, those that have ended included.
    private static func processorTime(_ processID: Int32) throws -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(processID, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw BenchmarkFailure("process \(processID) has no clock; it may have ended")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchmarkFailure("\(path) cannot be read; the process may have ended")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
