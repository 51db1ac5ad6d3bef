public import RuntimeCore

extension SQLiteStateStore: WaitingStore {
    nonisolated(nonsending) public func waiting(
        of functionType: String,
        after id: String?,
        upTo sequence: Int64,
        limit: Int
    ) async throws(StoreFailure) -> [WaitingMessages] {
        try await read { session throws(StoreFailure) in
            try session.waiting(of: functionType, after: id, upTo: sequence, limit: limit)
        }
    }

    nonisolated(nonsending) public func messages(
        of address: RuntimeAddress,
        after sequence: Int64,
        limit: Int,
        bytes: Int = .max
    ) async throws(StoreFailure) -> [StoredMessage] {
        try await read { session throws(StoreFailure) in
            try session.messages(of: address, after: sequence, limit: limit, bytes: bytes)
        }
    }

    nonisolated(nonsending) public func delayed(after place: DelayedPlace?, limit: Int) async throws(StoreFailure) -> [DelayedMessage] {
        try await read { session throws(StoreFailure) in try session.delayed(after: place, limit: limit) }
    }

    nonisolated(nonsending) public func egress(topic: String, after sequence: Int64, limit: Int, bytes: Int = .max)
        async throws(StoreFailure) -> [EgressRecord]
    {
        try await read { session throws(StoreFailure) in
            try session.egress(topic: topic, after: sequence, limit: limit, bytes: bytes)
        }
    }

    nonisolated(nonsending) public func isAccepted(_ key: String) async throws(StoreFailure) -> Bool {
        try await read { session throws(StoreFailure) in try session.isAccepted(key) }
    }

    nonisolated(nonsending) public func deadLetters(after sequence: Int64, limit: Int) async throws(StoreFailure) -> [DeadLetter] {
        try await read { session throws(StoreFailure) in try session.deadLetters(after: sequence, limit: limit) }
    }
}
