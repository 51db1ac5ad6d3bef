import NIOConcurrencyHelpers
import RuntimeCore
import Testing
import TransportCore

@testable import LocalRuntime

@Suite struct RuntimeFiguresTests {
    private func at(_ milliseconds: Int64) -> TransportInstant {
        TransportInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("a function is down when it has failed for a second, which is said once, and back when it answers")
    func outage() {
        var outage = RuntimeFigures.Outage()
        #expect(outage.attemptEnded(nil, at: at(0)) == nil)
        #expect(outage.attemptEnded(.connectFailed, at: at(100)) == nil)
        #expect(outage.since == at(100))
        #expect(outage.attemptEnded(.connectFailed, at: at(1_099)) == nil)
        #expect(outage.attemptEnded(.timedOut, at: at(1_100)) == .down(.timedOut))
        #expect(outage.isReported)
        #expect(outage.attemptEnded(.connectFailed, at: at(9_000)) == nil)
        #expect(outage.attemptEnded(nil, at: at(9_100)) == .back)
        #expect(outage.since == nil)
        #expect(outage.attemptEnded(nil, at: at(9_200)) == nil)
    }

    @Test("failures that pass within a second are nobody's business")
    func shortOutage() {
        var outage = RuntimeFigures.Outage()
        for start in stride(from: Int64(0), to: 5_000, by: 1_000) {
            #expect(outage.attemptEnded(.connectFailed, at: at(start)) == nil)
            #expect(outage.attemptEnded(.connectFailed, at: at(start + 900)) == nil)
            #expect(outage.attemptEnded(nil, at: at(start + 950)) == nil)
        }
    }

    @Test(
        "what ended a call without the function's doing says nothing about it",
        arguments: [RequestReplyFailure.Kind.cancelled, .shutDown, .staleConnection]
    )
    func notItsDoing(kind: RequestReplyFailure.Kind) {
        var outage = RuntimeFigures.Outage()
        #expect(outage.attemptEnded(kind, at: at(0)) == nil)
        #expect(outage.attemptEnded(kind, at: at(5_000)) == nil)
        #expect(outage.attemptEnded(.timedOut, at: at(5_100)) == nil)
        #expect(outage.attemptEnded(kind, at: at(9_000)) == nil)
        #expect(outage.attemptEnded(.timedOut, at: at(9_100)) == .down(.timedOut))
        #expect(outage.attemptEnded(kind, at: at(9_200)) == nil)
        #expect(outage.isReported)
    }

    @Test("a histogram counts a value at the first bound that is not below it, and those above all bounds in all only")
    func histogram() {
        var histogram = RuntimeFigures.Histogram(bounds: [1, 2, 5])
        for value in [0, 1, 1.5, 2, 5, 6] {
            histogram.add(value)
        }
        #expect(histogram.counts == [2, 2, 1])
        #expect(histogram.count == 6)
        #expect(histogram.sum == 15.5)
    }

    @Test("figures are kept by function, and a change is heard of once")
    func figures() {
        let heard = NIOLockedValueBox<[RuntimeFigures.Outage.Change]>([])
        let now = NIOLockedValueBox(TransportInstant.zero)
        let figures = RuntimeFigures(
            now: { now.withLockedValue { $0 } },
            changed: { _, change in heard.withLockedValue { $0.append(change) } }
        )
        for (time, failure) in [(0, .connectFailed), (2, .connectFailed), (3, .connectFailed), (4, nil)]
            as [(Int64, RequestReplyFailure.Kind?)]
        {
            now.withLockedValue { $0 = at(time * 1_000) }
            figures.attemptEnded(functionType: "example/b", nanoseconds: 1_000_000, failure: failure)
        }
        figures.inFlightChanged(functionType: "example/a", by: 1)
        figures.inFlightChanged(functionType: "example/a", by: -1)
        figures.backlogChanged(functionType: "example/a", by: 3)
        #expect(heard.withLockedValue { $0 } == [.down(.connectFailed), .back])
        let functions = figures.functions
        #expect(functions.map(\.functionType) == ["example/a", "example/b"])
        #expect(functions.map(\.figures.failures) == [0, 3])
        #expect(functions.map(\.figures.latency.count) == [0, 4])
        #expect(functions.map(\.figures.backlog) == [3, 0])
        #expect(functions.map(\.figures.inFlight) == [0, 0])
    }
}
