import Batching
import CMeasuring
import NIOConcurrencyHelpers

/// Sends one item to each of many addresses, some at a time, and looks at what stays behind.
struct MailboxContender: Measured {
    private let addresses: Int
    private let mailboxes: Mailboxes<Int, Int, Int>
    private let next = NIOLockedValueBox(0)

    init(addresses: Int) {
        self.addresses = addresses
        mailboxes = Mailboxes { _, items in items.count }
    }

    func window(_ seconds: Double) async throws -> Figures {
        let (first, addresses) = next.withLockedValue { next in
            // The first window is to warm up: it makes what is made once, such as tables.
            let count = next == 0 ? self.addresses / 100 : self.addresses
            defer { next += count }
            return (next, count)
        }
        let allocatedBefore = measuring_allocated()
        let stopwatch = Stopwatch()
        try await submit(first..<first + addresses)
        var figures = stopwatch.figures(calls: addresses)
        figures[.bytesEach] = Double(measuring_allocated()) / Double(addresses) - Double(allocatedBefore) / Double(addresses)
        figures[.bytesEach] = max(0, figures[.bytesEach] ?? 0)
        guard mailboxes.figures.addresses == 0 else { throw BenchmarkFailure("\(mailboxes.figures.addresses) mailboxes are not idle") }
        return figures
    }

    private func submit(_ keys: Range<Int>) async throws {
        let mailboxes = mailboxes
        let width = 64
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<width {
                group.addTask {
                    for key in stride(from: keys.lowerBound + lane, to: keys.upperBound, by: width) {
                        _ = try await mailboxes.submit([key], to: key, functionType: "example/benchmark", maxNumBatchRequests: 1_000)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
