internal import GRDB
internal import RuntimeCore

/// The tables of a store, and how those of an older store become the newest ones.
///
/// A file says that it is a store by its application id, and which tables it has by its user version, which is how many of
/// the steps it has been through. A step that has been published never changes.
struct Schema: Sendable {
    /// `SFSt`; any other file is not touched.
    static let applicationID: Int64 = 0x5346_5374

    /// What makes each version from the one before.
    let steps: [String]

    static let current = Schema(steps: [contents, findingWhatHasExpired])

    var version: Int64 { Int64(steps.count) }

    /// How many steps the file has been through; 0 for one without contents.
    /// - Throws: ``StoreFailure`` where it is no store, or one of a newer version. Nothing is written.
    func version(of database: Database, in file: StoreFile) throws(StoreFailure) -> Int64 {
        let application = try number("PRAGMA application_id", database, file)
        let version = try number("PRAGMA user_version", database, file)
        if application == 0, version == 0, try number("SELECT count(*) FROM sqlite_master", database, file) == 0 {
            return 0
        }
        guard application == Self.applicationID, version > 0 else {
            throw file.damaged("it is a file of another program")
        }
        guard version <= self.version else { throw file.tooNew(version, known: self.version) }
        return version
    }

    /// Takes the steps that are missing, all of them or none.
    func migrate(_ database: Database, from version: Int64, in file: StoreFile) throws(StoreFailure) {
        guard version < self.version else { return }
        do {
            try database.inTransaction(.immediate) {
                for step in steps.dropFirst(Int(version)) {
                    try database.execute(sql: step)
                }
                try database.execute(sql: "PRAGMA application_id = \(Self.applicationID); PRAGMA user_version = \(self.version)")
                return .commit
            }
        } catch {
            throw file.failure(error)
        }
    }

    /// - Parameter size: the size of the file in bytes.
    /// - Throws: ``StoreFailure`` where the file is shorter than it says, and what is missing is not in its log.
    func checkSize(_ size: Int64, of database: Database, in file: StoreFile) throws(StoreFailure) {
        let pages = try number("PRAGMA page_count", database, file)
        let pageSize = try number("PRAGMA page_size", database, file)
        if !file.hasLog, size < pages * pageSize {
            throw file.damaged("it has \(size) bytes of \(pages * pageSize)")
        }
    }

    private func number(_ query: String, _ database: Database, _ file: StoreFile) throws(StoreFailure) -> Int64 {
        let statement = try PreparedStatement(query, on: database, of: file)
        return try statement.firstRow { statement.number(0) } ?? 0
    }
}

extension Schema {
    // What is looked up by address is kept in the order of addresses, and a delayed message where its time is: both are read
    // in pieces, next to one another. Text is compared by its bytes, which is what SQLite does where nothing else is said.
    private static let contents = """
        CREATE TABLE progress (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            last_sequence INTEGER NOT NULL
        );
        INSERT INTO progress VALUES (1, 0);
        CREATE TABLE function_type (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        );
        CREATE TABLE registered_state (
            function INTEGER NOT NULL,
            name TEXT NOT NULL,
            typename TEXT NOT NULL,
            expiration INTEGER NOT NULL,
            milliseconds INTEGER NOT NULL,
            PRIMARY KEY (function, name)
        ) WITHOUT ROWID;
        CREATE TABLE state (
            function INTEGER NOT NULL,
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            value BLOB NOT NULL,
            expires INTEGER,
            PRIMARY KEY (function, id, name)
        ) WITHOUT ROWID;
        CREATE TABLE message (
            function INTEGER NOT NULL,
            id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            invocation BLOB NOT NULL,
            PRIMARY KEY (function, id, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE delayed (
            due INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            function INTEGER NOT NULL,
            id TEXT NOT NULL,
            invocation BLOB NOT NULL,
            token TEXT,
            sender_id TEXT,
            PRIMARY KEY (due, sequence)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX delayed_sequence ON delayed (sequence);
        CREATE INDEX delayed_token ON delayed (token, sender_id, sequence) WHERE token IS NOT NULL;
        CREATE TABLE egress (
            sequence INTEGER PRIMARY KEY,
            topic TEXT NOT NULL,
            payload BLOB NOT NULL
        );
        CREATE INDEX egress_topic ON egress (topic);
        CREATE TABLE dead_letter (
            sequence INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            function INTEGER NOT NULL,
            id TEXT NOT NULL,
            egress TEXT,
            cause TEXT NOT NULL,
            attempts INTEGER NOT NULL
        );
        CREATE TABLE dead_letter_content (
            sequence INTEGER NOT NULL,
            position INTEGER NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (sequence, position)
        ) WITHOUT ROWID;
        CREATE TABLE accepted_key (
            key TEXT PRIMARY KEY,
            time INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX accepted_key_time ON accepted_key (time);
        """

    private static let findingWhatHasExpired = """
        CREATE INDEX state_expires ON state (expires) WHERE expires IS NOT NULL;
        """
}
