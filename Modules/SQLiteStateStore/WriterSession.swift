internal import GRDB
internal import GRDBSQLite
internal import RuntimeCore

/// What changes the file. Used on the queue of its connection only.
final class WriterSession {
    let statements: WriterStatements
    var functions: FunctionTypes
    private let database: Database
    private let begin: PreparedStatement
    private let commit: PreparedStatement
    private let rollback: PreparedStatement
    private let file: StoreFile
    private var log: WriteAheadLog

    init(_ database: Database, _ file: StoreFile, _ options: StoreOptions) throws(StoreFailure) {
        do {
            // A file is looked at before anything is changed in it.
            let version = try options.schema.version(of: database, in: file)
            guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                throw file.unavailable("its disk has no shared memory for files, as with some network drives; use a local one")
            }
            // Some systems have a SQLite that writes zeros over all that is deleted, which takes as much room in the log as it took before.
            try database.execute(
                sql: """
                    PRAGMA secure_delete = FAST;
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA cache_size = -16384;
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    """
            )
            if let maximumPages = options.maximumPages { try database.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
            try options.schema.migrate(database, from: version, in: file)
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            throw file.failure(error)
        }
        self.database = database
        self.file = file
        begin = try PreparedStatement("BEGIN IMMEDIATE", on: database, of: file)
        commit = try PreparedStatement("COMMIT", on: database, of: file)
        rollback = try PreparedStatement("ROLLBACK", on: database, of: file)
        statements = try WriterStatements(database, file)
        functions = try FunctionTypes(database, file)
        log = WriteAheadLog(database, options.log, diskSize: file.diskSize) { file.room }
    }

    /// Makes changes, all of them or none.
    func transaction<Value>(_ changes: () throws(StoreFailure) -> Value) throws(StoreFailure) -> Value {
        do {
            try begin.run()
            let value = try changes()
            try commit.run()
            return value
        } catch {
            // SQLite has ended the transaction itself after some failures.
            if database.isInsideTransaction { try? rollback.run() }
            functions.forget()
            if error.kind == .full { log.makeRoom() }
            throw error
        }
    }

    /// The number of a function type, which it is given if it has none yet.
    func number(of functionType: String) throws(StoreFailure) -> Int64 {
        if let number = try functions.number(of: functionType) { return number }
        try statements.addFunctionType.bind(1, functionType)
        try statements.addFunctionType.run()
        return sqlite3_last_insert_rowid(database.sqliteConnection)
    }

    /// The number of the function type of an address, which it is given if it has none yet.
    func number(of address: RuntimeAddress) throws(StoreFailure) -> Int64 {
        if let number = try functions.number(of: address) { return number }
        return try number(of: address.functionType)
    }

    /// How many rows the last statement has changed.
    var lastChanges: Int { database.changesCount }

    /// - Throws: `full` where the disk has no room for a group; nothing has been written then.
    func checkRoom(for changes: StoreChanges) throws(StoreFailure) {
        guard log.hasRoom(for: changes) else { throw file.full }
    }

    /// Moves what is in the log to the file where the log has become long.
    func shortenLog() {
        log.shorten()
    }
}
