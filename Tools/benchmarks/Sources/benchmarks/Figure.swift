/// Something that is measured, and how a table shows it.
enum Figure: String, CaseIterable, Codable, Sendable {
    /// Calls or messages in a second.
    case rate
    /// Invocations in a second, where a call carries many.
    case invocations
    /// ``rate`` in relation to that of `wrk` in the same round.
    case ofWrk = "ratio-to-wrk"
    /// ``rate`` in relation to that of AsyncHTTPClient in the same round.
    case ofHTTPClient = "ratio-to-async-http-client"
    /// ``rate`` in relation to the same contender without TLS in the same round.
    case ofPlain = "ratio-to-plain"
    /// ``rate`` in relation to that of nginx in the same round.
    case ofNginx = "ratio-to-nginx"
    /// Processor time of a message in relation to the least that one took in the setups before, which have fewer messages.
    case ofCheapest = "ratio-to-cheapest-before"
    /// Latency in microseconds.
    case median = "p50"
    case ninth = "p90"
    case ninetyNinth = "p99"
    /// ``median`` and ``ninetyNinth`` in relation to those of nginx in the same round.
    case medianOfNginx = "p50-ratio-to-nginx"
    case ninetyNinthOfNginx = "p99-ratio-to-nginx"
    /// Processor time of a call in microseconds, of the caller's process.
    case user
    case system
    /// ``user`` and ``system`` together in relation to those of nginx in the same round.
    case processorOfNginx = "processor-time-ratio-to-nginx"
    /// Allocations of a call, of the caller's process.
    case allocations
    /// Resident memory in megabytes (10^6 bytes).
    case peakMemory = "peak-memory"
    case peakMemoryOfNginx = "peak-memory-ratio-to-nginx"
    case memory
    /// Nanoseconds for one of what the row names.
    case nanoseconds
    case milliseconds
    /// Memory in relation to the size of the file.
    case ofFile = "ratio-to-file"
    case bytesEach = "bytes-each"
    /// Messages that went to the function with one call.
    case messagesEachCall = "messages-each-call"
    /// Per cent of a core that the runtime or proxy takes.
    case coreShare = "core-share"
    /// Per cent of their core that the loader and the server in C take: near 100 they are what limits, not what is measured.
    case loadShare = "load-share"

    /// The head of its column.
    var title: String {
        switch self {
        case .rate: "per second"
        case .invocations: "invocations/s"
        case .ofWrk: "÷ wrk"
        case .ofHTTPClient: "÷ AHC"
        case .ofPlain: "÷ plain"
        case .ofNginx: "÷ nginx"
        case .ofCheapest: "÷ cheapest before"
        case .median: "p50 µs"
        case .ninth: "p90 µs"
        case .ninetyNinth: "p99 µs"
        case .medianOfNginx: "p50 ÷ nginx"
        case .ninetyNinthOfNginx: "p99 ÷ nginx"
        case .user: "user µs"
        case .system: "system µs"
        case .processorOfNginx: "time ÷ nginx"
        case .allocations: "allocations"
        case .peakMemory: "peak MB"
        case .peakMemoryOfNginx: "peak ÷ nginx"
        case .memory: "MB"
        case .nanoseconds: "ns each"
        case .milliseconds: "ms"
        case .ofFile: "÷ file"
        case .bytesEach: "bytes each"
        case .messagesEachCall: "messages each call"
        case .coreShare: "% of core"
        case .loadShare: "load %"
        }
    }

    /// Whether the higher of two figures is the better one.
    var higherIsBetter: Bool {
        switch self {
        case .rate, .invocations, .ofWrk, .ofHTTPClient, .ofPlain, .ofNginx: true
        default: false
        }
    }

    func text(_ value: Double) -> String {
        switch self {
        case .rate, .invocations: Self.grouped(value)
        case .ofWrk, .ofHTTPClient, .ofPlain, .ofCheapest, .ofNginx, .medianOfNginx, .ninetyNinthOfNginx, .processorOfNginx,
            .peakMemoryOfNginx, .user, .system:
            Self.decimals(value, 2)
        case .median, .ninth, .ninetyNinth: value < 100 ? Self.decimals(value, 1) : Self.grouped(value)
        case .allocations, .peakMemory, .memory, .nanoseconds, .milliseconds, .ofFile, .messagesEachCall, .coreShare, .loadShare:
            Self.decimals(value, 1)
        case .bytesEach: Self.grouped(value)
        }
    }

    private static func decimals(_ value: Double, _ places: Int) -> String {
        let scale = places == 1 ? 10.0 : 100.0
        let scaled = Int((value.magnitude * scale).rounded())
        let fraction = String(scaled % Int(scale))
        let padded = String(repeating: "0", count: places - fraction.count) + fraction
        return "\(value < 0 ? "-" : "")\(grouped(Double(scaled / Int(scale)))).\(padded)"
    }

    private static func grouped(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e18 else { return "?" }
        var digits = Array(String(Int(value.rounded()).magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }
}

/// What one contender reached in one round, or in the median of all.
typealias Figures = [Figure: Double]

extension [Figures] {
    /// The median of each figure that any of them has.
    var medians: Figures {
        var medians: Figures = [:]
        for figure in Figure.allCases {
            let values = compactMap { $0[figure] }.sorted()
            guard !values.isEmpty else { continue }
            let middle = values.count / 2
            medians[figure] = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
        }
        return medians
    }
}
