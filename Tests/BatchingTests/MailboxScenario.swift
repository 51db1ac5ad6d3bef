import Testing

@testable import Batching

typealias MailboxID = MailboxMachine.MailboxID
typealias SubmissionID = MailboxMachine.SubmissionID
typealias GroupID = MailboxMachine.GroupID

/// Mailboxes and submissions are numbered as they come.
func m(_ number: UInt64) -> MailboxID { MailboxID(number: number) }

func s(_ number: UInt64) -> SubmissionID { SubmissionID(number: number) }

func s(_ numbers: ClosedRange<UInt64>) -> [SubmissionID] { numbers.map { s($0) } }

let greeter = GroupID(number: 0)
let counter = GroupID(number: 1)
let teller = GroupID(number: 2)

/// What the gauges of one function type say.
struct Gauges: Equatable {
    var inFlight = 0
    var backlog = 0
    var blocked = 0
}

/// What happens to the mailboxes.
enum MailboxEvent {
    /// The first submission for an address that has no mailbox.
    case open(MailboxID, SubmissionID, of: GroupID = greeter, invocations: Int = 1)
    case submit(SubmissionID, to: MailboxID, invocations: Int = 1)
    case cancel(SubmissionID, in: MailboxID)
    case answered(MailboxID)
    case failed(MailboxID)
    case shutDown
    /// A submission after the shutdown.
    case submitInVain
}

/// One event and all that is to be done about it, but for the gauges.
struct MailboxStep {
    let event: MailboxEvent
    let actions: [MailboxMachine.Action]
    let location: SourceLocation

    init(_ event: MailboxEvent, _ actions: [MailboxMachine.Action], _ location: SourceLocation = #_sourceLocation) {
        self.event = event
        self.actions = actions
        self.location = location
    }
}

/// A sequence of events with what the mailboxes do about each, and what the gauges say at the end.
struct MailboxScenario: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let maxInFlight: Int
    let maxNumBatchRequests: Int
    let steps: [MailboxStep]
    let gauges: [GroupID: Gauges]

    init(
        _ title: String,
        maxInFlight: Int = 100,
        maxNumBatchRequests: Int = 1_000,
        _ steps: [MailboxStep],
        _ gauges: [GroupID: Gauges] = [:]
    ) {
        testDescription = title
        self.maxInFlight = maxInFlight
        self.maxNumBatchRequests = maxNumBatchRequests
        self.steps = steps
        self.gauges = gauges
    }

    func play() {
        var machine = MailboxMachine(maxInFlight: maxInFlight)
        var seen: [GroupID: Gauges] = [:]
        for step in steps {
            let actions = handle(step, &machine)
            for action in actions {
                action.tally(in: &seen)
            }
            #expect(actions.filter { !$0.isForGauges } == step.actions, sourceLocation: step.location)
        }
        #expect(seen.filter { $0.value != Gauges() } == gauges)
    }

    private func handle(_ step: MailboxStep, _ machine: inout MailboxMachine) -> [MailboxMachine.Action] {
        switch step.event {
        case .open(let mailbox, let submission, let group, let invocations):
            let submitted = machine.submitted(invocations, to: nil, of: group, maxNumBatchRequests: maxNumBatchRequests)
            let expected = MailboxMachine.Placement(mailbox: mailbox, submission: submission)
            #expect(submitted?.placement == expected, sourceLocation: step.location)
            return submitted?.actions ?? []
        case .submit(let submission, let mailbox, let invocations):
            let submitted = machine.submitted(invocations, to: mailbox, of: greeter, maxNumBatchRequests: maxNumBatchRequests)
            let expected = MailboxMachine.Placement(mailbox: mailbox, submission: submission)
            #expect(submitted?.placement == expected, sourceLocation: step.location)
            return submitted?.actions ?? []
        case .cancel(let submission, let mailbox): return machine.submissionCancelled(submission, in: mailbox)
        case .answered(let mailbox): return machine.callEnded(mailbox, succeeded: true)
        case .failed(let mailbox): return machine.callEnded(mailbox, succeeded: false)
        case .shutDown: return machine.shutdownBegan()
        case .submitInVain:
            let submitted = machine.submitted(1, to: nil, of: greeter, maxNumBatchRequests: maxNumBatchRequests)
            #expect(submitted == nil, sourceLocation: step.location)
            return []
        }
    }
}

extension MailboxMachine.Action {
    var isForGauges: Bool {
        switch self {
        case .changeInFlight, .changeBacklog, .changeBlockedAddresses: true
        case .call, .cancelCall, .settle, .hold, .release, .refuse, .closeMailbox, .closeGroup, .finish: false
        }
    }

    func tally(in gauges: inout [GroupID: Gauges]) {
        switch self {
        case .changeInFlight(let group, let change): gauges[group, default: Gauges()].inFlight += change
        case .changeBacklog(let group, let change): gauges[group, default: Gauges()].backlog += change
        case .changeBlockedAddresses(let group, let change): gauges[group, default: Gauges()].blocked += change
        case .call, .cancelCall, .settle, .hold, .release, .refuse, .closeMailbox, .closeGroup, .finish: break
        }
    }
}
