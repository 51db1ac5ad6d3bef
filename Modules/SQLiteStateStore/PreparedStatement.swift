internal import GRDB
internal import GRDBSQLite
internal import RuntimeCore

/// A statement that is prepared once and used until its connection is closed, without a value of GRDB for each column.
///
/// Used on the queue of its connection only. Text is bound and read with its length: ids may hold zero bytes.
struct PreparedStatement {
    // Owns `raw`.
    private let statement: Statement
    private let raw: SQLiteStatement
    private let file: StoreFile

    init(_ sql: String, on database: Database, of file: StoreFile) throws(StoreFailure) {
        do {
            statement = try database.makeStatement(sql: sql)
        } catch {
            throw file.failure(error)
        }
        raw = statement.sqliteStatement
        self.file = file
    }

    /// Runs the statement to its end; for those that give no rows.
    func run() throws(StoreFailure) {
        defer { sqlite3_reset(raw) }
        while try step() {}
    }

    /// Goes through the rows. The statement is reset at the end, so that it holds no lock.
    func forEachRow(_ body: () throws(StoreFailure) -> Void) throws(StoreFailure) {
        defer { sqlite3_reset(raw) }
        while try step() { try body() }
    }

    /// Goes through the rows and keeps what `body` makes of each.
    func rows<Value>(_ body: () throws(StoreFailure) -> Value) throws(StoreFailure) -> [Value] {
        var values: [Value] = []
        try forEachRow { () throws(StoreFailure) in values.append(try body()) }
        return values
    }

    /// Goes through the rows until what `body` makes of them has so many bytes.
    func rows<Value>(_ bytes: Int, _ size: (Value) -> Int, of body: () throws(StoreFailure) -> Value) throws(StoreFailure) -> [Value] {
        defer { sqlite3_reset(raw) }
        var values: [Value] = []
        var sum = 0
        while values.isEmpty || sum < bytes, try step() {
            let value = try body()
            sum += size(value)
            values.append(value)
        }
        return values
    }

    /// The first row, where there is one.
    func firstRow<Value>(_ body: () throws(StoreFailure) -> Value) throws(StoreFailure) -> Value? {
        defer { sqlite3_reset(raw) }
        return try step() ? try body() : nil
    }

    private func step() throws(StoreFailure) -> Bool {
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    private func failure() -> StoreFailure {
        let connection = sqlite3_db_handle(raw)
        return file.failure(
            sqlite3_extended_errcode(connection),
            systemError: sqlite3_system_errno(connection),
            String(cString: sqlite3_errmsg(connection))
        )
    }
}

// MARK: - Parameters, counted from 1

extension PreparedStatement {
    func bind(_ index: Int32, _ number: Int64) throws(StoreFailure) {
        try check(sqlite3_bind_int64(raw, index, number))
    }

    func bind(_ index: Int32, _ number: Int64?) throws(StoreFailure) {
        guard let number else { return try bindNull(index) }
        try bind(index, number)
    }

    func bind(_ index: Int32, _ text: String) throws(StoreFailure) {
        var text = text
        let code = text.withUTF8 { bytes in
            // Without bytes there may be no address, which SQLite takes for NULL.
            bytes.baseAddress.map { start in
                start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(raw, index, $0, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            } ?? sqlite3_bind_text(raw, index, "", 0, Self.copied)
        }
        try check(code)
    }

    func bind(_ index: Int32, _ text: String?) throws(StoreFailure) {
        guard let text else { return try bindNull(index) }
        try bind(index, text)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]) throws(StoreFailure) {
        let code = bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return sqlite3_bind_zeroblob(raw, index, 0) }
            return sqlite3_bind_blob64(raw, index, start, UInt64(bytes.count), Self.copied)
        }
        try check(code)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]?) throws(StoreFailure) {
        guard let bytes else { return try bindNull(index) }
        try bind(index, bytes)
    }

    private func bindNull(_ index: Int32) throws(StoreFailure) {
        try check(sqlite3_bind_null(raw, index))
    }

    private func check(_ code: Int32) throws(StoreFailure) {
        if code != SQLITE_OK { throw failure() }
    }

    /// Has SQLite copy what is bound. C defines `SQLITE_TRANSIENT` as the pointer with the value -1, by a macro that Swift does
    /// not import; no other way of writing that pointer exists, and SQLite compares it without ever calling it.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

// MARK: - Columns of the current row, counted from 0

extension PreparedStatement {
    func isNull(_ index: Int32) -> Bool { sqlite3_column_type(raw, index) == SQLITE_NULL }

    func number(_ index: Int32) -> Int64 { sqlite3_column_int64(raw, index) }

    func text(_ index: Int32) -> String {
        // The text is asked for before its length, as SQLite demands.
        guard let start = sqlite3_column_text(raw, index) else { return "" }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, index))), as: UTF8.self)
    }

    func bytes(_ index: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(raw, index) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, index))))
    }
}
