internal import Logging
internal import RuntimeCore

/// Where something waits for a great many addresses of a function, the store alone knows the rest of them: memory stays bounded,
/// and other functions notice nothing of it.
///
/// As long as anything is left there, messages for every address that is not in memory are left there as well, so that none
/// overtakes another.
extension RuntimeShard {
    func hasRoom(for function: FunctionRecord) -> Bool {
        function.beyond == 0 && machine.counts(of: function.id).all < limits.addressesInMemory
    }

    /// Leaves a message in the store, which has it or is going to.
    func leaveBeyond(_ message: StoredMessage, of function: FunctionRecord) {
        function.beyond += 1
        if let last = function.reading?.last, message.sequence > last {
            function.reading?.arrived[message.target, default: 0] += 1
        }
        count(1, for: function)
        readBeyondIfRoom(function)
    }

    /// Nothing waits for an address any more.
    func closed(_ record: AddressRecord) {
        record.function.reading?.closed.insert(record.address)
        readBeyondIfRoom(record.function)
    }

    private func readBeyondIfRoom(_ function: FunctionRecord) {
        guard function.beyond > 0, function.reading == nil, !isStopping,
            machine.counts(of: function.id).all <= limits.addressesInMemory / 2
        else { return }
        let reading = FunctionRecord.Reading(last: lastSequence)
        function.reading = reading
        Task { await self.readBeyond(of: function, upTo: reading.last) }
    }

    private func readBeyond(of function: FunctionRecord, upTo last: Int64) async {
        // The store has all messages up to the last one then, and none that was done with before.
        try? await flushed()
        guard !isStopping else { return }
        let limit = max(1, limits.addressesInMemory - machine.counts(of: function.id).all)
        let place = function.lastRead
        do throws(StoreFailure) {
            let found = try await store.waiting(of: function.functionType, after: place, upTo: last, limit: limit)
            function.lastRead = found.count < limit ? nil : found.last?.address.id
            take(found, of: function, isAll: place == nil && found.count < limit)
        } catch {
            logger.error("what waits cannot be read", metadata: ["function": "\(function.functionType)", "failure": "\(error)"])
            function.reading = nil
            try? await Task.sleep(for: limits.pauseAfterStoreFailure)
        }
        readBeyondIfRoom(function)
    }

    /// - Parameter isAll: whether the store has no other.
    private func take(_ found: [WaitingMessages], of function: FunctionRecord, isAll: Bool) {
        guard let reading = function.reading else { return }
        function.reading = nil
        var actions: [DispatchMachine.Action] = []
        var isAnyTaken = false
        for waiting in found where recordsByAddress[waiting.address] == nil && !reading.closed.contains(waiting.address) {
            let (record, opened) = open(waiting.address, of: function)
            record.spilled = waiting.count + reading.arrived[waiting.address, default: 0]
            record.lastSequence = waiting.first - 1
            function.beyond -= record.spilled
            actions += opened
            isAnyTaken = true
        }
        if isAll, !isAnyTaken, reading.arrived.isEmpty, reading.closed.isEmpty, function.beyond > 0 {
            // As with a file that somebody else has changed: nobody would ever take them off the count.
            logger.error(
                "messages that should wait are not in the store",
                metadata: ["function": "\(function.functionType)", "messages": "\(function.beyond)"]
            )
            count(-function.beyond, for: function)
            function.beyond = 0
        }
        perform(actions)
    }
}
