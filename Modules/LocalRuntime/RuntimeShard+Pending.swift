internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// More delayed messages than these are not counted.
    private static let countedDelayed = 50_000

    /// What waits, by function type and in all.
    func pendingSummary() async throws(StoreFailure) -> RuntimeAnswer.PendingSummary {
        let (delayed, isComplete, next) = try await delayedSummary()
        return RuntimeAnswer.PendingSummary(
            functions: pendingFunctions(),
            delayed: delayed,
            isDelayedComplete: isComplete,
            nextDelayed: next?.milliseconds,
            egress: topics.mapValues(\.count).filter { $0.value > 0 },
            storeFailure: storeFailure?.message,
            isRunning: isStarted && !isStopping
        )
    }

    private func pendingFunctions() -> [RuntimeAnswer.PendingFunction] {
        var counts: [DispatchMachine.FunctionID: (addresses: Int, blocked: Int, worst: RequestReplyFailure?, failures: Int)] = [:]
        for (id, record) in addresses {
            var count = counts[record.function] ?? (0, 0, nil, -1)
            count.addresses += 1
            count.blocked += machine.isBlocked(id) ? 1 : 0
            if let failure = record.lastFailure, machine.failures(of: id) > count.failures {
                count.worst = failure
                count.failures = machine.failures(of: id)
            }
            counts[record.function] = count
        }
        return counts.compactMap { id, count in
            guard let function = functions[id] else { return nil }
            return RuntimeAnswer.PendingFunction(
                functionType: function.functionType,
                messages: function.waiting,
                addresses: count.addresses,
                blocked: count.blocked,
                lastFailure: count.worst?.description
            )
        }.sorted { $0.functionType < $1.functionType }
    }

    private func delayedSummary() async throws(StoreFailure) -> (count: Int, isComplete: Bool, next: WallTime?) {
        if delayed.horizon == nil { return (delayed.count, true, delayed.nextDue) }
        let piece = 5_000
        var count = 0
        var first: WallTime?
        var place: DelayedPlace?
        while count < Self.countedDelayed {
            let messages = try await store.delayed(after: place, limit: piece)
            count += messages.count
            first = first ?? messages.first?.due
            guard messages.count == piece, let last = messages.last else { return (count, true, first) }
            place = DelayedPlace(due: last.due, sequence: last.message.sequence)
        }
        return (count, false, first)
    }

    /// The addresses that something waits for, a page of them.
    func pendingAddresses(
        of functionType: String?,
        after last: RuntimeAddress?,
        limit: Int
    ) -> (found: [RuntimeAnswer.PendingAddress], hasMore: Bool) {
        let function = functionType.map { functionIDs[$0] }
        // There may be a great many of them: only the page and the first one after it are put in order.
        var page: [(address: RuntimeAddress, id: DispatchMachine.AddressID)] = []
        for (id, record) in addresses {
            if let function, record.function != function { continue }
            if let last, record.address <= last { continue }
            if page.count > limit, let end = page.last, end.address < record.address { continue }
            let place = page.firstIndex { record.address < $0.address } ?? page.count
            page.insert((record.address, id), at: place)
            if page.count > limit + 1 {
                page.removeLast()
            }
        }
        return (page.prefix(limit).compactMap { pendingAddress($0.id) }, page.count > limit)
    }

    private func pendingAddress(_ id: DispatchMachine.AddressID) -> RuntimeAnswer.PendingAddress? {
        guard let record = addresses[id] else { return nil }
        let standing: RuntimeAnswer.PendingAddress.Standing =
            switch machine.standing(of: id) {
            case .inLine: .inLine
            case .called: .called
            case .pausing: .pausing
            case .blocked: .blocked
            }
        return RuntimeAnswer.PendingAddress(
            address: record.address,
            messages: record.count,
            standing: standing,
            failures: machine.failures(of: id),
            lastFailure: record.lastFailure?.description,
            failingFor: record.failingSince.map { $0.nanoseconds(until: clock.now()) / 1_000_000 }
        )
    }
}
