import HTTPTypes
import Testing
import TransportCore

@testable import PlaygroundIO

/// What becomes of the requests of a connection, with a clock that the test moves.
@Suite struct ConnectionMachineTests {
    private static let limits = ConnectionMachine.Limits(body: 10, idle: .seconds(60), transfer: .seconds(30), farewell: .seconds(2))

    private func at(_ seconds: Int64) -> TransportInstant { TransportInstant(nanoseconds: seconds * 1_000_000_000) }

    private func machine() -> ConnectionMachine { ConnectionMachine(Self.limits, openedAt: at(0)) }

    @Test("a request is kept until it is whole, and then handed on")
    func wholeRequest() {
        var machine = machine()
        #expect(machine.headReceived(length: nil, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.bodyReceived(4, at: at(2)) == .keep)
        #expect(machine.bodyReceived(6, at: at(3)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.deadline == nil)
        #expect(machine.answerSent(isLast: false, at: at(5)) == .nothing)
        #expect(machine.answersTaken(at: at(6)) == .nothing)
        #expect(machine.deadline == at(66))
    }

    @Test("a body is refused as soon as it is known to be too long")
    func tooLong() {
        var declared = machine()
        #expect(declared.headReceived(length: 11, expectsContinue: true, at: at(1)) == .refuse(.bodyTooLong(limit: 10)))
        #expect(declared.bodyReceived(1, at: at(1)) == .drop)
        #expect(declared.requestEnded() == .drop)
        var counted = machine()
        #expect(counted.headReceived(length: nil, expectsContinue: false, at: at(1)) == .keep)
        #expect(counted.bodyReceived(10, at: at(1)) == .keep)
        #expect(counted.bodyReceived(1, at: at(1)) == .refuse(.bodyTooLong(limit: 10)))
        #expect(counted.bodyReceived(1, at: at(1)) == .drop)
    }

    @Test("a refusal waits for the answers to the requests before it")
    func refusalInLine() {
        var machine = machine()
        for _ in 0..<2 {
            #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
            #expect(machine.requestEnded() == .forward)
        }
        #expect(machine.headReceived(length: 11, expectsContinue: false, at: at(1)) == .drop)
        #expect(machine.answerSent(isLast: false, at: at(2)) == .nothing)
        #expect(machine.answerSent(isLast: false, at: at(3)) == .refuse(.bodyTooLong(limit: 10)))
        #expect(machine.answersTaken(at: at(4)) == .shutOutput)
        #expect(machine.deadline == at(6))
    }

    @Test("a client is told to go on only where no other answer is on its way")
    func expectContinue() {
        var machine = machine()
        #expect(machine.headReceived(length: 5, expectsContinue: true, at: at(1)) == .keepAndContinue)
        #expect(machine.bodyReceived(5, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.headReceived(length: 5, expectsContinue: true, at: at(1)) == .keep)
    }

    @Test("nothing is refused any more behind an answer that says that it is the last one")
    func refusalBehindTheLast() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.failed(.malformed, at: at(2)) == .drop)
        #expect(machine.answerSent(isLast: true, at: at(3)) == .nothing)
        #expect(machine.answersTaken(at: at(4)) == .shutOutput)
    }

    @Test("a connection without a request is closed after a time")
    func idle() {
        var machine = machine()
        #expect(machine.deadline == at(60))
        #expect(machine.timerFired(at: at(59)) == .nothing)
        #expect(machine.timerFired(at: at(60)) == .closeBehindAnswers)
    }

    @Test("a request that does not get whole is refused, however its pieces come")
    func slowSender() {
        var machine = machine()
        #expect(machine.headReceived(length: 10, expectsContinue: false, at: at(10)) == .keep)
        for second in 11..<20 {
            #expect(machine.bodyReceived(1, at: at(Int64(second))) == .keep)
        }
        #expect(machine.deadline == at(40))
        #expect(machine.timerFired(at: at(40)) == .refuse(.tooSlow(limit: .seconds(30))))
    }

    @Test("whoever does not take an answer is cut off")
    func slowTaker() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.answerSent(isLast: false, at: at(100)) == .nothing)
        #expect(machine.deadline == at(130))
        #expect(machine.timerFired(at: at(130)) == .closeBehindAnswers)
    }

    @Test("an answer may take any time, also while the next request comes in")
    func slowAnswer() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.headReceived(length: 5, expectsContinue: false, at: at(2)) == .keep)
        #expect(machine.deadline == nil)
        #expect(machine.timerFired(at: at(1_000)) == .nothing)
        #expect(machine.answerSent(isLast: false, at: at(1_000)) == .nothing)
        #expect(machine.answersTaken(at: at(1_000)) == .nothing)
        #expect(machine.deadline == at(1_030))
    }

    @Test("a client that sends nothing more gets its answers, and the connection ends with the last one")
    func inputEnds() {
        var machine = machine()
        var idle = machine
        #expect(idle.inputEnded(at: at(1)) == .close)
        for time in [Int64(1), 2] {
            #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(time)) == .keep)
            #expect(machine.requestEnded() == .forward)
        }
        // A third one that will never be whole.
        #expect(machine.headReceived(length: 5, expectsContinue: false, at: at(3)) == .keep)
        #expect(machine.inputEnded(at: at(3)) == .nothing)
        #expect(!machine.isNextAnswerLast)
        #expect(machine.answerSent(isLast: false, at: at(4)) == .nothing)
        #expect(machine.isNextAnswerLast)
        #expect(machine.answerSent(isLast: true, at: at(5)) == .nothing)
        #expect(machine.answersTaken(at: at(6)) == .close)
    }

    @Test("a server that is shutting down ends idle connections at once, and the others with their last answer")
    func draining() {
        var idle = machine()
        #expect(idle.drainBegan(at: at(1)) == .closeBehindAnswers)
        var sending = machine()
        #expect(sending.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(sending.requestEnded() == .forward)
        var answering = sending
        #expect(sending.answerSent(isLast: false, at: at(2)) == .nothing)
        #expect(sending.drainBegan(at: at(2)) == .nothing)
        #expect(sending.answersTaken(at: at(3)) == .shutOutput)
        #expect(answering.drainBegan(at: at(2)) == .nothing)
        #expect(answering.isNextAnswerLast)
        // What comes now is behind the last answer.
        #expect(answering.headReceived(length: 0, expectsContinue: false, at: at(4)) == .drop)
        #expect(answering.requestEnded() == .drop)
        #expect(answering.isNextAnswerLast)
        #expect(answering.answerSent(isLast: true, at: at(5)) == .nothing)
        #expect(answering.answersTaken(at: at(6)) == .shutOutput)
    }

    @Test("while the server shuts down, answers of which nothing is taken for two seconds are cut off", arguments: [false, true])
    func drainingWhileSending(isLast: Bool) {
        var machine = machine()
        for _ in 0..<2 {
            #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
            #expect(machine.requestEnded() == .forward)
        }
        #expect(machine.answerSent(isLast: false, at: at(2)) == .nothing)
        if isLast { #expect(machine.answerSent(isLast: true, at: at(2)) == .nothing) }
        #expect(machine.deadline == at(32))
        #expect(machine.drainBegan(at: at(5)) == .nothing)
        #expect(machine.deadline == at(7))
        machine.answersPartlyTaken(at: at(6))
        #expect(machine.deadline == at(8))
        #expect(machine.timerFired(at: at(7)) == .nothing)
        #expect(machine.timerFired(at: at(8)) == .closeBehindAnswers)
    }

    @Test("a request that is coming in when the server begins to shut down is answered where it gets whole within a second")
    func drainingWhileReceiving() {
        var machine = machine()
        #expect(machine.headReceived(length: 10, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.drainBegan(at: at(5)) == .nothing)
        #expect(machine.deadline == at(6))
        var late = machine
        #expect(machine.bodyReceived(10, at: at(5)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.deadline == nil)
        #expect(machine.isNextAnswerLast)
        #expect(late.timerFired(at: at(6)) == .refuse(.stopping))
        #expect(late.answersTaken(at: at(6)) == .shutOutput)
    }

    @Test("one that does not get whole behind others is refused behind their answers")
    func drainingWhileReceivingInLine() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.headReceived(length: 10, expectsContinue: false, at: at(2)) == .keep)
        #expect(machine.drainBegan(at: at(5)) == .nothing)
        #expect(machine.timerFired(at: at(6)) == .drop)
        #expect(machine.answerSent(isLast: false, at: at(20)) == .refuse(.stopping))
        #expect(machine.answersTaken(at: at(21)) == .shutOutput)
    }

    private static let beginnings: [(name: String, begin: @Sendable (inout ConnectionMachine, TransportInstant) -> Void)] = [
        ("nothing", { _, _ in }),
        ("a request", { _ = $0.headReceived(length: 10, expectsContinue: false, at: $1) }),
        (
            "an answer",
            {
                _ = $0.headReceived(length: 0, expectsContinue: false, at: $1)
                _ = $0.requestEnded()
                _ = $0.answerSent(isLast: false, at: $1)
            }
        ),
        ("a refusal", { _ = $0.failed(.malformed, at: $1) }),
    ]

    @Test("a connection that is cut off takes nothing more, and is closed half a second later", arguments: beginnings.map(\.name))
    func cutOff(what: String) throws {
        var machine = machine()
        try #require(Self.beginnings.first { $0.name == what }).begin(&machine, at(1))
        #expect(machine.cutOff(at: at(2)) == .closeBehindAnswers)
        #expect(!machine.takesRequests)
        #expect(machine.deadline == at(2).advanced(by: .milliseconds(500)))
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(2)) == .drop)
        #expect(machine.answersTaken(at: at(2)) == .nothing)
        var left = machine
        #expect(left.inputEnded(at: at(2)) == .close)
        #expect(left.cutOff(at: at(2)) == .nothing)
        #expect(machine.timerFired(at: at(3)) == .close)
        #expect(machine.deadline == nil)
    }

    @Test("one whose client sends nothing more is closed at once when it is cut off")
    func cutOffBehindInput() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.inputEnded(at: at(1)) == .nothing)
        #expect(machine.cutOff(at: at(2)) == .close)
    }

    @Test("after the last answer the client has a moment to close")
    func farewell() {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        #expect(machine.answerSent(isLast: true, at: at(2)) == .nothing)
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(2)) == .drop)
        #expect(machine.answersTaken(at: at(3)) == .shutOutput)
        #expect(machine.timerFired(at: at(4)) == .nothing)
        var late = machine
        #expect(late.timerFired(at: at(5)) == .close)
        #expect(machine.inputEnded(at: at(4)) == .close)
        #expect(machine.deadline == nil)
    }

    @Test("the time for answers begins anew when the client has taken a part of them", arguments: [false, true])
    func partlyTaken(isLast: Bool) {
        var machine = machine()
        #expect(machine.headReceived(length: 0, expectsContinue: false, at: at(1)) == .keep)
        #expect(machine.requestEnded() == .forward)
        machine.answersPartlyTaken(at: at(1))
        #expect(machine.deadline == nil)
        #expect(machine.answerSent(isLast: isLast, at: at(2)) == .nothing)
        #expect(machine.deadline == at(32))
        machine.answersPartlyTaken(at: at(31))
        #expect(machine.timerFired(at: at(32)) == .nothing)
        #expect(machine.deadline == at(61))
        #expect(machine.timerFired(at: at(61)) == .closeBehindAnswers)
        machine.answersPartlyTaken(at: at(62))
        #expect(machine.timerFired(at: at(62)) == .close)
        #expect(machine.deadline == nil)
    }

    @Test("what is not a request is refused once")
    func malformed() {
        var machine = machine()
        #expect(machine.failed(.malformed, at: at(1)) == .refuse(.malformed))
        #expect(machine.failed(.malformed, at: at(1)) == .nothing)
        #expect(machine.answersTaken(at: at(1)) == .shutOutput)
    }
}
