import TestSupport
import Testing

@testable import Gateway

/// Who calls now, who waits, and who is refused.
@Suite struct CallLineTests {
    private func line(_ inFlight: Int, each: Int? = nil, waiting: Int = 100, endpoints: Int = 2) -> CallLine {
        var line = CallLine(CallLine.Limits(inFlight: inFlight, inFlightPerEndpoint: each ?? inFlight, waiting: waiting))
        _ = line.endpointsChanged(to: Set(1...endpoints))
        return line
    }

    @Test("calls begin up to the limit in all, wait up to that of the line, and are refused above")
    func limits() {
        var line = line(2, waiting: 2, endpoints: 1)
        #expect((1...5).map { line.callArrived($0, for: 1) } == [.start, .start, .wait, .wait, .refuse])
        #expect(line.inFlightCount == 2)
        #expect(line.waitingCount == 2)
        #expect(line.callEnded(for: 1) == .start([3]))
        #expect(line.callArrived(6, for: 1) == .wait)
    }

    @Test("an endpoint has a limit of its own")
    func perEndpoint() {
        var line = line(10, each: 1)
        #expect(line.callArrived(1, for: 1) == .start)
        #expect(line.callArrived(2, for: 1) == .wait)
        #expect(line.callArrived(3, for: 2) == .start)
        #expect(line.callEnded(for: 2) == .start([]))
        #expect(line.callEnded(for: 1) == .start([2]))
    }

    @Test("an endpoint that does not answer leaves the others their part, in flight and in line")
    func fairness() {
        var line = line(8, waiting: 8)
        let greedy = (1...100).map { line.callArrived($0, for: 1) }
        #expect(greedy.filter { $0 == .start }.count == 6)
        #expect(greedy.filter { $0 == .wait }.count == 6)
        #expect((101...105).map { line.callArrived($0, for: 2) } == [.start, .start, .wait, .wait, .refuse])
    }

    @Test("places that come free go round among the endpoints, first come first served within each")
    func turns() {
        var line = line(2, endpoints: 2)
        #expect(line.callArrived(1, for: 1) == .start)
        #expect(line.callArrived(2, for: 2) == .start)
        for call in [3, 4, 5] as [CallLine.CallID] { #expect(line.callArrived(call, for: 1) == .wait) }
        for call in [6, 7] as [CallLine.CallID] { #expect(line.callArrived(call, for: 2) == .wait) }
        #expect(line.callEnded(for: 1) == .start([3]))
        #expect(line.callEnded(for: 2) == .start([6]))
        #expect(line.callEnded(for: 1) == .start([4]))
    }

    @Test("a message that waits to be received has a place in line, which its call takes over")
    func held() {
        var line = line(1, waiting: 2, endpoints: 1)
        #expect(line.callArrived(1, for: 1) == .start)
        let held = (1...3).map { _ in line.messageHeld(for: 1) }
        #expect(held == [true, true, false])
        #expect(line.waitingCount == 2)
        #expect(line.callArrived(2, for: 1) == .refuse)
        #expect(line.callArrived(3, for: 1, wasHeld: true) == .wait)
        #expect(line.waitingCount(of: 1) == 2)
        line.messageReleased(for: 1)
        #expect(line.waitingCount == 1)
        #expect(line.callEnded(for: 1) == .start([3]))
        #expect(line.waitingCount == 0)
    }

    @Test("who leaves the line is not called, and its place in line is free")
    func leaving() {
        var line = line(1, waiting: 2, endpoints: 1)
        #expect((1...4).map { line.callArrived($0, for: 1) } == [.start, .wait, .wait, .refuse])
        let hasLeft = line.callLeft(2, for: 1)
        #expect(hasLeft)
        let hasLeftAgain = line.callLeft(2, for: 1)
        #expect(!hasLeftAgain)
        let hasBegun = line.callLeft(1, for: 1)
        #expect(!hasBegun)
        #expect(line.callArrived(5, for: 1) == .wait)
        #expect(line.callEnded(for: 1) == .start([3]))
        #expect(line.callEnded(for: 1) == .start([5]))
    }

    @Test("an endpoint that is not in the file any more keeps its calls until they end, and others get the places")
    func reload() {
        var line = line(4)
        for call in 1...3 as ClosedRange<CallLine.CallID> { #expect(line.callArrived(call, for: 1) == .start) }
        #expect(line.callArrived(4, for: 1) == .wait)
        #expect(line.endpointsChanged(to: [2, 3]) == .start([4]) || line.waitingCount == 1)
        _ = line.callEnded(for: 1)
        _ = line.callEnded(for: 1)
        #expect(line.callArrived(9, for: 3) == .start)
    }

    @Test("what an endpoint was sure to get is free for others when it is gone, and so are its last calls")
    func goneEndpoints() {
        var line = line(40, endpoints: 4)
        let calls = 1...4 as ClosedRange<CallLine.CallID>
        for call in calls { #expect(line.callArrived(call, for: Int(call)) == .start) }
        #expect(line.endpointsChanged(to: [5, 6, 7, 8]) == .start([]))
        for call in calls { #expect(line.callEnded(for: Int(call)) == .start([])) }
        let started = (11...50 as ClosedRange<CallLine.CallID>).count { line.callArrived($0, for: 5) == .start }
        // All but the fifteen that are kept for the three others.
        #expect(started == 25)
        // A call of an endpoint that is gone gets what nobody is sure of.
        #expect(line.callArrived(60, for: 1) == .wait)
        #expect(line.callArrived(61, for: 6) == .start)
    }

    /// A model that keeps lists instead of counts.
    @Test("no limit is ever passed, nobody is called twice or forgotten, and order holds within an endpoint", arguments: 1...30)
    func property(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let total = Int.random(in: 1...12, using: &random)
        let each = Int.random(in: 1...total, using: &random)
        let room = Int.random(in: 0...10, using: &random)
        var line = line(total, each: each, waiting: room, endpoints: 3)
        var waiting: [[CallLine.CallID]] = [[], [], [], []]
        var running: [[CallLine.CallID]] = [[], [], [], []]
        func started(_ calls: [CallLine.CallID]) {
            for call in calls {
                guard let endpoint = waiting.firstIndex(where: { $0.contains(call) }) else {
                    Issue.record("\(call) does not wait")
                    return
                }
                #expect(waiting[endpoint].first == call)
                waiting[endpoint].removeFirst()
                running[endpoint].append(call)
            }
        }
        for call in 1...400 as ClosedRange<CallLine.CallID> {
            let endpoint = Int.random(in: 1...3, using: &random)
            switch Int.random(in: 0...9, using: &random) {
            case 0...4:
                switch line.callArrived(call, for: endpoint) {
                case .start: running[endpoint].append(call)
                case .wait: waiting[endpoint].append(call)
                case .refuse: break
                }
            case 5...7:
                guard !running[endpoint].isEmpty else { continue }
                running[endpoint].removeFirst()
                guard case .start(let calls) = line.callEnded(for: endpoint) else { return }
                started(calls)
            default:
                guard let leaver = waiting[endpoint].randomElement(using: &random) else { continue }
                let hasLeft = line.callLeft(leaver, for: endpoint)
                #expect(hasLeft)
                waiting[endpoint].removeAll { $0 == leaver }
            }
            #expect(line.inFlightCount == running.joined().count)
            #expect(line.waitingCount == waiting.joined().count)
            #expect(line.inFlightCount <= total)
            #expect(line.waitingCount <= room)
            #expect(running.allSatisfy { $0.count <= each })
        }
        // Everybody who waits is called in the end.
        while let endpoint = running.firstIndex(where: { !$0.isEmpty }) {
            running[endpoint].removeFirst()
            guard case .start(let calls) = line.callEnded(for: endpoint) else { return }
            started(calls)
        }
        #expect(waiting.joined().isEmpty)
        #expect(line.inFlightCount == 0)
    }
}
