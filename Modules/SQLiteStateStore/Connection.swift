internal import GRDB
internal import RuntimeCore

/// One connection to the file, with what was prepared on it, and a queue of its own: whoever waits for the disk blocks no
/// thread that tasks run on.
///
/// Work once begun is finished, also where the task that asked for it has been cancelled.
// `@unchecked Sendable` because `database` and `file` never change, and `session`, which does, is touched by work on the serial
// queue of `database` only: in the initialiser nobody else has the object yet, and in `deinit` nobody else has it any more, as
// all work on the queue holds it.
final class Connection<Session>: @unchecked Sendable {
    private let database: DatabaseQueue
    private let file: StoreFile
    // None after the connection was closed.
    private var session: Session?

    /// - Parameter session: prepares what the connection is used for; runs before this returns.
    init(
        to file: StoreFile,
        readOnly: Bool,
        _ options: StoreOptions,
        _ session: (Database) throws(StoreFailure) -> Session
    ) throws(StoreFailure) {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(options.busySeconds)
        // A session ends its transactions itself; a mistake there must not end the process.
        configuration.allowsUnsafeTransactions = true
        self.file = file
        do {
            let database = try DatabaseQueue(path: file.path, configuration: configuration)
            self.database = database
            self.session = try database.inDatabase { database in try session(database) }
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            throw file.failure(error)
        }
    }

    deinit {
        session = nil
    }

    /// Does `body` when everything that was asked for before has been done.
    nonisolated(nonsending) func run<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        let result = await withCheckedContinuation { continuation in
            begin(body, afterwards: { _ in }) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Does `body` when everything that was asked for before has been done, and tells on the queue what came of it.
    /// - Parameter afterwards: what is done next, without anybody waiting for it but who comes later.
    func begin<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws(StoreFailure) -> Value,
        afterwards: @escaping @Sendable (Session) -> Void,
        _ completion: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        database.asyncWriteWithoutTransaction { [self] _ in
            guard let session else { return completion(.failure(file.closed)) }
            completion(Result { () throws(StoreFailure) in try body(session) })
            afterwards(session)
        }
    }

    /// Ends the connection when everything that was asked for before has been done.
    nonisolated(nonsending) func close() async {
        await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { [self] _ in
                session = nil
                continuation.resume()
            }
        }
        // Nothing is left that could fail: all statements have ended with the session.
        try? database.close()
    }
}
