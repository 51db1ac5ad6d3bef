import NIOConcurrencyHelpers
import TestSupport
import Testing
import TransportCore

@testable import Batching

@Suite struct MailboxesStressTests {
    /// What a function of this test sees of one address.
    private struct Seen {
        var isCalled = false
        var overlaps = 0
        var empty = 0
        var largest = 0
        var items: [Int] = []
    }

    @Test("many senders at a time: nothing lost or doubled, order kept, one call for each address, gauges back at zero")
    func survivesManySenders() async {
        let seen = NIOLockedValueBox([Int: Seen]())
        let inFlight = NIOLockedValueBox((now: 0, most: 0))
        let gauges = GaugeRecorder()
        let mailboxes = Mailboxes<Int, Int, Int>(maxInFlight: 3, metrics: gauges) { key, items async throws(RequestReplyFailure) in
            inFlight.withLockedValue { count in
                count.now += 1
                count.most = max(count.most, count.now)
            }
            seen.withLockedValue { seen in
                var address = seen[key] ?? Seen()
                address.overlaps += address.isCalled ? 1 : 0
                address.isCalled = true
                address.empty += items.isEmpty ? 1 : 0
                address.largest = max(address.largest, items.count)
                address.items += items
                seen[key] = address
            }
            await Task.yield()
            seen.withLockedValue { $0[key]?.isCalled = false }
            inFlight.withLockedValue { $0.now -= 1 }
            return key
        }
        let senders = 40
        let each = 50
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<senders {
                group.addTask {
                    var random = SeededRandom(seed: UInt64(sender))
                    for number in 0..<each {
                        let key = Int.random(in: 0..<6, using: &random)
                        let answer = try? await mailboxes.submit(
                            [sender * each + number],
                            to: key,
                            functionType: "com.example/f\(key % 2)",
                            maxNumBatchRequests: 4
                        )
                        #expect(answer == key)
                    }
                }
            }
        }
        let addresses = seen.withLockedValue { $0 }
        #expect(addresses.values.flatMap(\.items).sorted() == Array(0..<senders * each))
        #expect(addresses.values.allSatisfy { $0.overlaps == 0 && $0.empty == 0 && $0.largest <= 4 })
        for address in addresses.values {
            for sender in 0..<senders {
                let own = address.items.filter { $0 / each == sender }
                #expect(own == own.sorted())
            }
        }
        #expect(inFlight.withLockedValue { $0.most } <= 3)
        #expect(mailboxes.figures == MailboxFigures(functionTypes: 2))
        #expect(gauges.gauges == [:])
    }

    @Test("senders that are cancelled at any moment end once each, and hold nobody up")
    func survivesCancellation() async {
        let gauges = GaugeRecorder()
        let mailboxes = Mailboxes<Int, Int, Int>(maxInFlight: 2, metrics: gauges) { key, _ async throws(RequestReplyFailure) in
            for _ in 0..<20 {
                if Task.isCancelled {
                    throw RequestReplyFailure(.cancelled, "cancelled")
                }
                await Task.yield()
            }
            return key
        }
        var random = SeededRandom(seed: 7)
        var tasks: [Task<Bool, Never>] = []
        for number in 0..<600 {
            let key = number % 5
            let task = Task {
                do throws(RequestReplyFailure) {
                    return try await mailboxes.submit([number], to: key, functionType: "com.example/f", maxNumBatchRequests: 2) == key
                } catch {
                    return error.kind == .cancelled
                }
            }
            tasks.append(task)
            if Bool.random(using: &random), let victim = tasks.randomElement(using: &random) {
                victim.cancel()
                await Task.yield()
            }
        }
        for task in tasks {
            #expect(await task.value)
        }
        await mailboxes.shutdown()
        #expect(mailboxes.figures.addresses == 0)
        #expect(mailboxes.figures.senders == 0)
        await gauges.waitForQuiet()
        #expect(gauges.gauges == [:])
    }
}
