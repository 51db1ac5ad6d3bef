public import RuntimeCore

extension SQLiteStateStore: StateStore {
    nonisolated(nonsending) public func recover() async throws(StoreFailure) -> RecoveredContents {
        try await read { session throws(StoreFailure) in try session.recover() }
    }

    nonisolated(nonsending) public func commit(_ changes: StoreChanges) async throws(StoreFailure) {
        let failure = await withCheckedContinuation { continuation in
            begin(committing: changes) { continuation.resume(returning: $0) }
        }
        if let failure { throw failure }
    }

    public func begin(committing changes: StoreChanges, _ completion: @escaping @Sendable (StoreFailure?) -> Void) {
        begin({ session throws(StoreFailure) in try session.apply(changes) }) { result in
            switch result {
            case .success: completion(nil)
            case .failure(let failure): completion(failure)
            }
        }
    }

    nonisolated(nonsending) public func state(of addresses: [RuntimeAddress]) async throws(StoreFailure) -> [[StoredState]] {
        try await read { session throws(StoreFailure) in try session.state(of: addresses) }
    }

    nonisolated(nonsending) public func addresses(
        of functionType: String?,
        after address: RuntimeAddress?,
        limit: Int
    ) async throws(StoreFailure) -> [RuntimeAddress] {
        try await read { session throws(StoreFailure) in
            try session.addresses(of: functionType, after: address, limit: limit)
        }
    }

    /// Removes in small groups, between which others commit; ends early where its task is cancelled.
    nonisolated(nonsending) public func forget(before time: WallTime) async throws(StoreFailure) {
        var isMore = true
        while isMore, !Task.isCancelled {
            isMore = try await write { session throws(StoreFailure) in try session.forgetSome(before: time, limit: 500) }
        }
    }

    nonisolated(nonsending) public func close() async {
        await closeConnections()
    }
}
