internal import RuntimeCore
internal import TransportCore

/// Records that come back while nothing can be stored and the runtime stops. All else that is given up then is done again after a restart;
/// these would be lost, as the store knows only that they were taken.
extension RuntimeShard {
    /// The store has at least so much time to take them.
    func wait(forStore limit: Duration) {
        let end = clock.now().advanced(by: limit)
        storingEnd = storingEnd.map { max($0, end) } ?? end
    }

    /// Stores them alone as soon as that can be done; tells what is lost where it cannot be in time.
    func storeComingBack() async {
        while !comingBack.isEmpty {
            var changes = StoreChanges(lastSequence: lastSequence)
            changes.egress = comingBack.values.sorted { $0.sequence < $1.sequence }
            do throws(StoreFailure) {
                try await store.commit(changes)
                for record in changes.egress { comingBack[record.sequence] = nil }
            } catch {
                guard !isHurried, let storingEnd, clock.now() < storingEnd else { return lost(error) }
                try? await Task.sleep(for: limits.pauseAfterStoreFailure)
            }
        }
    }

    private func lost(_ failure: StoreFailure) {
        var topics = NameTable<Int>()
        for record in comingBack.values { topics[record.topic, default: 0] += 1 }
        for (topic, count) in topics.sorted() {
            report(.recordsLost(topic: topic, count: count, failure))
        }
        comingBack = [:]
    }

    /// Somebody wants the runtime to stop at once.
    func hurry() {
        isHurried = true
    }
}
