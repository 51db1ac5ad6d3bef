import TestSupport
import Testing

@testable import Batching

/// Senders and functions that do anything in any order around a ``MailboxMachine``. It keeps a plain account of everything
/// and holds the machine against it after every event.
struct MailboxWorld {
    private struct Submission {
        let id: SubmissionID
        let invocations: Int
        var isAccepted: Bool
    }

    private struct Address {
        var mailbox: MailboxID?
        var waiting: [Submission] = []
        /// The call in flight: everything that it began with, and what of that somebody still waits for.
        var call: (batch: [SubmissionID], awaited: [SubmissionID])?
        var isCancelled = false
        /// The event since which nothing but other calls has kept this address from being called.
        var startableSince: Int?
        /// The last submission that was ever called.
        var lastCalled: SubmissionID?
    }

    private(set) var machine: MailboxMachine
    private let maxInFlight: Int
    private let maxNumBatchRequests: Int
    private let groupCount: Int
    private var random: SeededRandom
    private var addresses: [Address]
    private var keys: [MailboxID: Int] = [:]
    private var openGroups: Set<GroupID> = []
    private var gauges: [GroupID: Gauges] = [:]
    private var event = 0
    private(set) var submitted = 0
    private(set) var settled = 0
    private(set) var cancelled = 0
    private(set) var refused = 0
    private(set) var isFinished = false

    init(addresses count: Int, groups: Int, maxInFlight: Int, maxNumBatchRequests: Int, seed: UInt64) {
        machine = MailboxMachine(maxInFlight: maxInFlight)
        self.maxInFlight = maxInFlight
        self.maxNumBatchRequests = maxNumBatchRequests
        groupCount = groups
        addresses = Array(repeating: Address(), count: count)
        random = SeededRandom(seed: seed)
    }

    var isEmpty: Bool { addresses.allSatisfy { $0.mailbox == nil && $0.waiting.isEmpty && $0.call == nil } }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<50: submit()
        case 50..<62: cancel()
        default: endCall()
        }
    }

    mutating func shutDown() {
        let accepted = Dictionary(uniqueKeysWithValues: addresses.flatMap(\.waiting).map { ($0.id, $0) })
        perform(machine.shutdownBegan())
        refused += accepted.count
        #expect(addresses.allSatisfy { $0.waiting.isEmpty })
    }

    /// Ends every call, and what follows, in any order.
    mutating func wind() {
        while addresses.contains(where: { $0.call != nil }) {
            endCall()
        }
    }

    private func group(_ key: Int) -> GroupID { GroupID(number: UInt64(key % groupCount)) }

    // MARK: Events

    private mutating func submit() {
        // The first address gets as much as all others together.
        let key = Bool.random(using: &random) ? 0 : Int.random(in: 0..<addresses.count, using: &random)
        let invocations = Int.random(in: 0..<4, using: &random) > 0 ? 1 : Int.random(in: 1...6, using: &random)
        let known = addresses[key].mailbox
        guard
            let (placement, actions) = machine.submitted(
                invocations,
                to: known,
                of: group(key),
                maxNumBatchRequests: maxNumBatchRequests
            )
        else {
            Issue.record("refused before the shutdown")
            return
        }
        submitted += 1
        #expect(known == nil || known == placement.mailbox)
        addresses[key].mailbox = placement.mailbox
        keys[placement.mailbox] = key
        addresses[key].waiting.append(Submission(id: placement.submission, invocations: invocations, isAccepted: true))
        perform(actions)
    }

    private mutating func cancel() {
        guard let key = addresses.indices.filter({ addresses[$0].mailbox != nil }).randomElement(using: &random) else { return }
        guard let mailbox = addresses[key].mailbox else { return }
        let candidates = addresses[key].waiting.map(\.id) + (addresses[key].call?.awaited ?? [])
        guard let id = candidates.randomElement(using: &random) else { return }
        cancelled += 1
        addresses[key].waiting.removeAll { $0.id == id }
        addresses[key].call?.awaited.removeAll { $0 == id }
        perform(machine.submissionCancelled(id, in: mailbox))
        #expect(machine.submissionCancelled(id, in: mailbox) == [])
        #expect(addresses[key].isCancelled == (addresses[key].call?.awaited.isEmpty == true))
    }

    private mutating func endCall() {
        guard let key = addresses.indices.filter({ addresses[$0].call != nil }).randomElement(using: &random) else { return }
        guard let mailbox = addresses[key].mailbox, let call = addresses[key].call else { return }
        let succeeded = Int.random(in: 0..<3, using: &random) > 0
        if succeeded {
            openGroups.insert(group(key))
        }
        let settledBefore = settled
        addresses[key].call = nil
        addresses[key].isCancelled = false
        perform(machine.callEnded(mailbox, succeeded: succeeded), awaited: call.awaited)
        #expect(settled - settledBefore == call.awaited.count)
    }

    // MARK: Actions

    private mutating func perform(_ actions: [MailboxMachine.Action], awaited: [SubmissionID] = []) {
        event += 1
        var held: [SubmissionID] = []
        var released: [SubmissionID] = []
        var started: [Int] = []
        for action in actions {
            action.tally(in: &gauges)
            switch action {
            case .call(let mailbox, let batch):
                if let key = keys[mailbox] {
                    begin(key, batch)
                    started.append(key)
                }
            case .cancelCall(let mailbox):
                if let key = keys[mailbox] {
                    #expect(addresses[key].call?.awaited.isEmpty == true && !addresses[key].isCancelled)
                    addresses[key].isCancelled = true
                }
            case .settle(_, let ids):
                #expect(ids == awaited)
                settled += ids.count
            case .hold(let id): held.append(id)
            case .release(let ids): released += ids
            case .refuse(let ids):
                for key in addresses.indices {
                    addresses[key].waiting.removeAll { ids.contains($0.id) }
                }
            case .closeMailbox(let mailbox):
                if let key = keys.removeValue(forKey: mailbox) {
                    #expect(addresses[key].waiting.isEmpty && addresses[key].call == nil)
                    addresses[key].mailbox = nil
                }
            case .closeGroup(let group):
                #expect(!openGroups.contains(group))
            case .changeInFlight, .changeBacklog, .changeBlockedAddresses:
                break
            case .finish:
                #expect(!isFinished)
                isFinished = true
            }
        }
        settleAcceptance(held: held, released: released, started: started)
        check(started)
    }

    private mutating func begin(_ key: Int, _ batch: [SubmissionID]) {
        #expect(addresses[key].call == nil, "two calls in flight for one address")
        let expected = prefix(of: addresses[key].waiting)
        #expect(!batch.isEmpty)
        #expect(batch == expected)
        if let last = addresses[key].lastCalled, let first = batch.first {
            #expect(last < first)
        }
        addresses[key].lastCalled = batch.last
        addresses[key].waiting.removeFirst(batch.count)
        addresses[key].call = (batch, batch)
    }

    /// As many as one batch may hold.
    private func prefix(of waiting: [Submission]) -> [SubmissionID] {
        var total = 0
        var taken: [SubmissionID] = []
        for submission in waiting {
            guard maxNumBatchRequests <= 0 || total == 0 || total + submission.invocations <= maxNumBatchRequests else { break }
            total += submission.invocations
            taken.append(submission.id)
        }
        return taken
    }

    /// Works out anew who has to wait, and compares who was told.
    private mutating func settleAcceptance(held: [SubmissionID], released: [SubmissionID], started: [Int]) {
        var nowHeld: [SubmissionID] = []
        var nowReleased: [SubmissionID] = []
        for key in addresses.indices {
            let fitting = Set(prefix(of: addresses[key].waiting))
            for index in addresses[key].waiting.indices {
                let submission = addresses[key].waiting[index]
                let isNew = submission.id.number == UInt64(submitted - 1) && !knownSubmissions.contains(submission.id)
                let accepts: Bool
                if addresses[key].call != nil {
                    accepts = fitting.contains(submission.id)
                } else {
                    accepts = submission.isAccepted && !isNew
                }
                if isNew {
                    if !accepts { nowHeld.append(submission.id) }
                } else if accepts && !submission.isAccepted {
                    nowReleased.append(submission.id)
                } else {
                    #expect(accepts == submission.isAccepted, "an accepted submission is held again")
                }
                addresses[key].waiting[index].isAccepted = accepts
            }
        }
        nowReleased += started.flatMap { addresses[$0].call?.batch ?? [] }.filter { heldSubmissions.contains($0) }
        #expect(held == nowHeld)
        #expect(released.sorted() == nowReleased.sorted())
        let waiting = addresses.flatMap(\.waiting)
        heldSubmissions = Set(waiting.filter { !$0.isAccepted }.map(\.id))
        knownSubmissions = Set(waiting.map(\.id))
    }

    private var heldSubmissions: Set<SubmissionID> = []
    private var knownSubmissions: Set<SubmissionID> = []

    // MARK: What always holds

    private mutating func check(_ started: [Int]) {
        let inFlight = addresses.filter { $0.call != nil }.count
        #expect(machine.callsInFlight == inFlight)
        #expect(inFlight <= maxInFlight)
        #expect(machine.mailboxCount == addresses.filter { $0.mailbox != nil }.count)
        checkFirstCalls()
        checkGauges()
        checkTurns(started, hasRoom: inFlight < maxInFlight)
    }

    private func checkFirstCalls() {
        var callsOfUntried: [GroupID: Int] = [:]
        for key in addresses.indices where addresses[key].call != nil && !openGroups.contains(group(key)) {
            callsOfUntried[group(key), default: 0] += 1
        }
        #expect(callsOfUntried.values.allSatisfy { $0 == 1 }, "two calls for a type that has not answered")
    }

    private func checkGauges() {
        var expected: [GroupID: Gauges] = [:]
        for key in addresses.indices {
            let address = addresses[key]
            var gauge = expected[group(key)] ?? Gauges()
            gauge.inFlight += address.call == nil ? 0 : 1
            gauge.backlog += address.waiting.map(\.invocations).reduce(0, +)
            gauge.blocked += address.waiting.contains { !$0.isAccepted } ? 1 : 0
            expected[group(key)] = gauge
        }
        #expect(expected.filter { $0.value != Gauges() } == gauges.filter { $0.value != Gauges() })
    }

    private mutating func checkTurns(_ started: [Int], hasRoom: Bool) {
        let beforeThem = started.map { addresses[$0].startableSince ?? event }
        let busyUntried = Set(addresses.indices.filter { addresses[$0].call != nil }.map(group)).subtracting(openGroups)
        for key in addresses.indices {
            let isStartable = !addresses[key].waiting.isEmpty && addresses[key].call == nil && !busyUntried.contains(group(key))
            #expect(!isStartable || !hasRoom, "an address waits though there is room")
            // While a type has not answered, who stands behind its gate comes later than it arrived.
            if isStartable && openGroups.count == groupCount {
                if let since = addresses[key].startableSince {
                    #expect(beforeThem.allSatisfy { $0 <= since }, "an address was overtaken")
                }
                addresses[key].startableSince = addresses[key].startableSince ?? event
            } else {
                addresses[key].startableSince = nil
            }
        }
    }
}
