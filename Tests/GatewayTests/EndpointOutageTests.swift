import Testing
import TransportCore

@testable import Gateway

/// What the log is told of an endpoint that fails. Time is an argument.
@Suite struct EndpointOutageTests {
    private func at(_ second: Int64) -> TransportInstant { TransportInstant.zero.advanced(by: .seconds(second)) }

    @Test("an endpoint is reported once as down, and once as back")
    func outage() {
        var outage = EndpointOutage()
        #expect(outage.callAnswered(at: at(0)) == nil)
        #expect(outage.callFailed(at: at(0)) == .down)
        #expect(outage.callFailed(at: at(100)) == nil)
        #expect(outage.callAnswered(at: at(101)) == .back(failed: 2))
        #expect(outage.callAnswered(at: at(102)) == nil)
        #expect(outage.callFailed(at: at(103)) == .down)
    }

    @Test("an endpoint that fails and answers by turns is reported as such, once a minute")
    func flapping() {
        var outage = EndpointOutage()
        var reports: [EndpointOutage.Report] = []
        for second in 0..<130 as Range<Int64> {
            for report in [outage.callFailed(at: at(second)), outage.callAnswered(at: at(second))] {
                if let report { reports.append(report) }
            }
        }
        #expect(reports == [.down, .back(failed: 1), .flapping, .flapping, .flapping])
    }

    @Test("an endpoint that has answered and fails ever since is not left as one that answers, nor as one that does by turns")
    func lastWord() {
        var outage = EndpointOutage()
        #expect(outage.callFailed(at: at(0)) == .down)
        #expect(outage.callAnswered(at: at(1)) == .back(failed: 1))
        #expect((2..<200 as Range<Int64>).compactMap { outage.callFailed(at: at($0)) } == [.flapping, .down])
        #expect(outage.callAnswered(at: at(200)) == .back(failed: 198))
        #expect(outage.callFailed(at: at(201)) == .down)
    }

    @Test("what many things share is reported once a minute while it goes on")
    func shared() {
        var outage = EndpointOutage(repeats: true)
        #expect((0..<130 as Range<Int64>).filter { outage.callFailed(at: at($0)) == .down } == [0, 60, 120])
    }
}
