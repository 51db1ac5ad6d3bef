internal import GRDB
internal import GRDBSQLite

/// Keeps the log of a file short: what is committed goes there first, and from there to the file.
///
/// A failure leaves it longer and loses nothing; a later commit tries again, or fails itself when there is no room.
struct WriteAheadLog {
    /// In pages of 4096 bytes.
    struct Limits: Sendable {
        /// How many are collected before they are moved: a page that changes often is moved once.
        var worthMoving: Int32 = 4_000
        /// How long the log may become, because somebody reads all the time, before it waits until nobody does.
        var tooLong: Int32 = 16_000
    }

    /// How many pages come between two looks at the disk.
    private static let betweenLooks: Int32 = 64

    private let limits: Limits
    private let room: () -> Int64?
    /// Where the log was when the disk was looked at, counted in such distances.
    private var lastLook: Int32 = 0
    private let connection: SQLiteConnection?
    private let length = Length()
    // The log was too long and somebody did not end reading; it is not worth waiting for that again at once.
    private var patience: Int32

    /// - Parameter room: how many bytes are left on the disk; `nil` where the system does not say.
    init(_ database: Database, _ limits: Limits, room: @escaping () -> Int64?) {
        self.limits = limits
        self.room = room
        patience = limits.tooLong
        connection = database.sqliteConnection
        sqlite3_wal_hook(
            connection,
            { context, _, _, pages in
                context?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            },
            length.pages
        )
    }

    /// To be called after commits.
    mutating func shorten() {
        let pages = length.pages.pointee
        guard pages >= limits.worthMoving else {
            patience = limits.tooLong
            if endangersDisk(pages) { _ = move(SQLITE_CHECKPOINT_PASSIVE) }
            return
        }
        // What everybody has read is moved without waiting for anybody; the log begins anew when nobody reads in it.
        if move(SQLITE_CHECKPOINT_PASSIVE) { length.pages.pointee = 0 }
        guard pages >= patience else { return }
        patience = move(SQLITE_CHECKPOINT_RESTART) ? limits.tooLong : pages + limits.tooLong
    }

    /// Whether the disk might not have the room to move what is in the log if it became longer: then neither of them could get on.
    private mutating func endangersDisk(_ pages: Int32) -> Bool {
        let look = pages / Self.betweenLooks
        guard look != lastLook else { return false }
        lastLook = look
        return room().map { $0 < Int64(pages) * 4_096 } ?? false
    }

    /// Gives the room of the log back, where what it holds can be moved.
    func makeRoom() {
        _ = move(SQLITE_CHECKPOINT_TRUNCATE)
    }

    /// Whether everything has been moved.
    private func move(_ mode: Int32) -> Bool {
        var pages: Int32 = 0
        var moved: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection, nil, mode, &pages, &moved)
        return code == SQLITE_OK && pages == moved
    }

    /// Where SQLite is told after each commit how many pages the log has.
    private final class Length {
        let pages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

        init() { pages.initialize(to: 0) }

        deinit { pages.deallocate() }
    }
}
