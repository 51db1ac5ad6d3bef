import Foundation

/// What the figures were measured on.
struct Machine: Encodable, CustomStringConvertible {
    /// The model of the processor; `nil` where the system does not say it.
    let processor: String?
    let cores: Int
    /// Bytes.
    let memory: UInt64
    let system: String

    static var own: Machine {
        let info = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        return Machine(
            processor: model?.trimmingCharacters(in: .whitespaces),
            cores: ProcessInfo.processInfo.processorCount,
            memory: ProcessInfo.processInfo.physicalMemory,
            system: ProcessInfo.processInfo.operatingSystemVersionString
        )
    }

    var description: String {
        "Processor: \(processor ?? "unknown"), \(cores) cores; \(memory >> 30) GiB of memory; \(system)."
    }
}
