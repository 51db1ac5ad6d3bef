import Batching
import TransportCore

/// The uses of `Batching`. What stands between `begin` and `end` is the text of its page.
enum BatchingExamples {
    static func mailboxes() async throws -> Int {
        // begin mailboxes
        let mailboxes = Mailboxes<String, Int, Int>(maxInFlight: 1_024) { address, numbers async throws(RequestReplyFailure) in
            try await sum(numbers, at: address)  // one call for the whole batch
        }
        let total = try await mailboxes.submit(
            [5],
            to: "com.example/adder/Bob",
            functionType: "com.example/adder",
            maxNumBatchRequests: 1_000
        )
        // end mailboxes
        return total
    }

    /// Stands for the call.
    private static func sum(_ numbers: [Int], at address: String) async throws(RequestReplyFailure) -> Int {
        numbers.reduce(0, +)
    }

    /// - Returns: what was performed.
    static func machine(address: String, group: MailboxMachine.GroupID) -> [MailboxMachine.Action] {
        var known: [String: MailboxMachine.MailboxID] = [:]
        var performed: [MailboxMachine.Action] = []
        func perform(_ actions: [MailboxMachine.Action]) { performed += actions }
        // begin mailboxmachine
        var machine = MailboxMachine(maxInFlight: 1_024)
        if let (placement, actions) = machine.submitted(1, to: known[address], of: group, maxNumBatchRequests: 1_000) {
            known[address] = placement.mailbox
            perform(actions)  // .call(mailbox, submissions), .hold(sender), …
        }
        // when the answer is there
        if let mailbox = known[address] {
            perform(machine.callEnded(mailbox, succeeded: true))  // .settle(mailbox, submissions), .call(…), .closeMailbox(mailbox)
        }
        // end mailboxmachine
        return performed
    }
}
