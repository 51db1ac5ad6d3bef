public import RuntimeCore
internal import Synchronization

/// Keeps what a runtime must not lose in one file of SQLite.
///
/// What was committed is in the log beside the file (`-wal`) and synced when `commit` returns; from there it is moved to the
/// file now and then. Copy both, or neither while the store is in use. One program at a time may use a store.
///
/// A file that is damaged, or that is no store, is never changed. Where damage shows later, by the piece that is read, that
/// piece is not handed out and nothing is committed any more: writing into a damaged file makes it worse.
public final class SQLiteStateStore: Sendable {
    let writer: Connection<WriterSession>
    let reader: Connection<ReaderSession>
    // Why nothing may be changed any more.
    private let damage = Mutex<StoreFailure?>(nil)

    /// Opens the store, or makes one where the file is missing or empty. A store of an older version becomes one of the
    /// newest: all of it or nothing.
    /// - Parameter path: where the file is or shall be; its folder exists.
    /// - Throws: ``StoreFailure``: `damaged` where the file is not a whole store, `tooNew` where a newer version wrote it,
    ///   `unavailable` where it cannot be opened, read and written, `full` where no room is left for it.
    public convenience init(path: String) throws(StoreFailure) {
        try self.init(path: path, options: StoreOptions())
    }

    init(path: String, options: StoreOptions) throws(StoreFailure) {
        let file = StoreFile(path)
        try Self.inspect(file, options)
        writer = try Connection(to: file, readOnly: false, options) { database throws(StoreFailure) in
            try WriterSession(database, file, options)
        }
        reader = try Connection(to: file, readOnly: true, options) { database throws(StoreFailure) in
            try ReaderSession(database, file)
        }
    }

    /// Looks at a file by a connection that cannot change it.
    private static func inspect(_ file: StoreFile, _ options: StoreOptions) throws(StoreFailure) {
        guard let size = try file.size(), size > 0, !file.isHalfMade else { return }
        _ = try Connection(to: file, readOnly: true, options) { database throws(StoreFailure) in
            _ = try options.schema.version(of: database, in: file)
            try options.schema.checkSize(size, of: database, in: file)
        }
    }

    /// Does `body` on the connection that reads.
    nonisolated(nonsending) func read<Value: Sendable>(
        _ body: @escaping @Sendable (ReaderSession) throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        do {
            return try await reader.run(body)
        } catch {
            noteDamage(error)
            throw error
        }
    }

    /// Does `body` on the connection that writes.
    nonisolated(nonsending) func write<Value: Sendable>(
        _ body: @escaping @Sendable (WriterSession) throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        let result = await withCheckedContinuation { continuation in
            begin(body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Does `body` on the connection that writes, and tells there what came of it.
    func begin<Value: Sendable>(
        _ body: @escaping @Sendable (WriterSession) throws(StoreFailure) -> Value,
        _ completion: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        if let failure = damage.withLock({ $0 }) { return completion(.failure(failure)) }
        writer.begin(body, afterwards: { $0.shortenLog() }) { [self] result in
            if case .failure(let failure) = result {
                noteDamage(failure)
            }
            completion(result)
        }
    }

    private func noteDamage(_ failure: StoreFailure) {
        if failure.kind == .damaged {
            damage.withLock { $0 = $0 ?? failure }
        }
    }

    /// Ends the connections. The last one to end moves the log into the file, unless it may only read.
    nonisolated(nonsending) func closeConnections() async {
        if damage.withLock({ $0 }) == nil {
            await reader.close()
            await writer.close()
        } else {
            await writer.close()
            await reader.close()
        }
    }
}
