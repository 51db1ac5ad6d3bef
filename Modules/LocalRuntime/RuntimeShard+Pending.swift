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
            egress: topics.sorted().filter { $0.value.count > 0 }.map {
                RuntimeAnswer.PendingTopic(topic: $0.name, records: $0.value.count)
            },
            storeFailure: storeFailure?.message,
            isRunning: isStarted && !isStopping
        )
    }

    private func pendingFunctions() -> [RuntimeAnswer.PendingFunction] {
        functions.values.compactMap { function in
            let count = machine.counts(of: function.id)
            guard count.all > 0 || function.beyond > 0 else { return nil }
            return RuntimeAnswer.PendingFunction(
                functionType: function.functionType,
                messages: function.waiting,
                addresses: count.all,
                isComplete: function.beyond == 0,
                blocked: count.blocked,
                lastFailure: count.blocked > 0 ? function.lastFailure?.description : nil
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

    /// So many addresses are looked at before others have their turn.
    private static let looks = 4_096

    /// The addresses that something waits for, a page of them.
    func pendingAddresses(
        of functionType: String?,
        after last: RuntimeAddress?,
        limit: Int
    ) async -> (found: [RuntimeAnswer.PendingAddress], hasMore: Bool) {
        let function = functionType.map { functions[$0]?.id }
        if let function, function.map({ machine.counts(of: $0).all == 0 }) ?? true { return ([], false) }
        var page = AddressPage(after: last, limit: limit)
        // There may be a great many of them, and calls go on meanwhile: those that begin to wait after this are not looked at.
        let ids = Array(addresses.keys)
        for start in stride(from: 0, to: ids.count, by: Self.looks) {
            for id in ids[start..<min(ids.count, start + Self.looks)] {
                guard let record = addresses[id] else { continue }
                if let function, record.function.id != function { continue }
                page.offer(record.address, id)
            }
            await Task.yield()
        }
        return (page.found.compactMap(pendingAddress), page.hasMore)
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
