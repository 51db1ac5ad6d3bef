internal import GRDB
internal import RuntimeCore

/// What reads the file while it is being changed. Used on the queue of its connection only.
final class ReaderSession {
    var functions: FunctionTypes
    let file: StoreFile
    let statements: ReaderStatements
    private let begin: PreparedStatement
    private let end: PreparedStatement

    init(_ database: Database, _ file: StoreFile) throws(StoreFailure) {
        do {
            try database.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF")
        } catch {
            throw file.failure(error)
        }
        self.file = file
        functions = try FunctionTypes(database, file)
        statements = try ReaderStatements(database, file)
        begin = try PreparedStatement("BEGIN", on: database, of: file)
        end = try PreparedStatement("ROLLBACK", on: database, of: file)
    }

    /// Has several queries see the file as it was at one moment.
    func snapshot<Value>(_ body: () throws(StoreFailure) -> Value) throws(StoreFailure) -> Value {
        try begin.run()
        // SQLite ends a transaction itself after some failures; ending it once more does nothing then.
        defer { try? end.run() }
        return try body()
    }
}

/// Every question that a reader is asked.
struct ReaderStatements {
    let lastSequence: PreparedStatement
    let registered: PreparedStatement
    let waiting: PreparedStatement
    let waitingOfType: PreparedStatement
    let topics: PreparedStatement
    let state: PreparedStatement
    let types: PreparedStatement
    let ids: PreparedStatement
    let messages: PreparedStatement
    let delayed: PreparedStatement
    let egress: PreparedStatement
    let acceptedKey: PreparedStatement
    let deadLetters: PreparedStatement
    let deadLetterContent: PreparedStatement

    init(_ database: Database, _ file: StoreFile) throws(StoreFailure) {
        func prepare(_ sql: String) throws(StoreFailure) -> PreparedStatement {
            try PreparedStatement(sql, on: database, of: file)
        }
        lastSequence = try prepare("SELECT last_sequence FROM progress")
        registered = try prepare("SELECT function, name, typename, expiration, milliseconds FROM registered_state ORDER BY function, name")
        waiting = try prepare("SELECT function, id, count(*), min(sequence) FROM message GROUP BY function, id")
        waitingOfType = try prepare(
            "SELECT id, count(*), min(sequence) FROM message WHERE function = ? AND id >= ? AND sequence <= ? GROUP BY id ORDER BY id LIMIT ?"
        )
        topics = try prepare("SELECT topic, count(*) FROM egress GROUP BY topic")
        state = try prepare("SELECT name, value, expires FROM state WHERE function = ? AND id = ? ORDER BY name")
        types = try prepare("SELECT name FROM function_type WHERE name >= ? ORDER BY name")
        ids = try prepare("SELECT DISTINCT id FROM state WHERE function = ? AND id >= ? ORDER BY id LIMIT ?")
        messages = try prepare(
            "SELECT sequence, invocation FROM message WHERE function = ? AND id = ? AND sequence > ? ORDER BY sequence LIMIT ?"
        )
        delayed = try prepare(
            """
            SELECT due, sequence, function, id, invocation, token, sender_id FROM delayed
            WHERE (due, sequence) > (?, ?) ORDER BY due, sequence LIMIT ?
            """
        )
        egress = try prepare("SELECT sequence, payload FROM egress WHERE topic = ? AND sequence > ? ORDER BY sequence LIMIT ?")
        acceptedKey = try prepare("SELECT 1 FROM accepted_key WHERE key = ?")
        deadLetters = try prepare(
            """
            SELECT sequence, time, function, id, egress, cause, attempts FROM dead_letter
            WHERE sequence > ? ORDER BY sequence LIMIT ?
            """
        )
        deadLetterContent = try prepare("SELECT content FROM dead_letter_content WHERE sequence = ? ORDER BY position")
    }
}
