internal import GRDB
internal import GRDBSQLite
internal import RuntimeCore

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

    /// The bytes of a page.
    private static let page: Int64 = 4_096
    /// How many pages come between two looks at the disk, as long as that has plenty of room.
    private static let betweenLooks: Int32 = 64
    /// A disk with less room is looked at for each group.
    private static let plenty: Int64 = 256 << 20
    /// What is kept free, at most, for groups that take something away, since that is what makes room.
    private static let mostReserve: Int64 = 64 * page
    /// What such a group changes beside what it adds: few pages of each table and index.
    private static let changedInPlace: Int64 = 16 * page

    private let limits: Limits
    private let database: Database
    private let room: () -> Int64?
    private let reserve: Int64
    /// Where the log was when the disk was looked at, counted in such distances.
    private var lastLook: Int32 = 0
    /// What was left on the disk then.
    private var lastRoom: Int64
    private let connection: SQLiteConnection?
    private let length = Length()
    // The log was too long and somebody did not end reading; it is not worth waiting for that again at once.
    private var patience: Int32

    /// - Parameters:
    ///   - diskSize: how many bytes the disk has; `nil` where the system does not say, as for `room`.
    ///   - room: how many are left on it.
    init(_ database: Database, _ limits: Limits, diskSize: Int64?, room: @escaping () -> Int64?) {
        self.limits = limits
        self.database = database
        self.room = room
        reserve = min(Self.mostReserve, (diskSize ?? .max) / 8)
        lastRoom = room() ?? .max
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

    /// Whether the disk has room for a group, and for moving it and what is in the log to the file afterwards. A group that is written in
    /// vain would leave its bytes behind, and the log could be moved no more.
    mutating func hasRoom(for changes: StoreChanges) -> Bool {
        guard lastRoom < Self.plenty else { return true }
        let bytes = Int64(changes.bytesToStore) + (changes.takesAway ? Self.changedInPlace : 0)
        let reserve = changes.takesAway ? 0 : reserve
        if leaves(reserve, after: bytes) { return true }
        makeRoom()
        return leaves(reserve, after: bytes)
    }

    /// Whether so much is left on the disk after so many more bytes are in the log, and when all of the log is in the file.
    private mutating func leaves(_ rest: Int64, after bytes: Int64) -> Bool {
        guard let room = room() else { return true }
        lastRoom = room
        let growth = Int64(length.pages.pointee) * Self.page + bytes - unusedInFile
        return room - bytes - max(0, growth) >= rest
    }

    /// The bytes of the file's pages that hold nothing.
    private var unusedInFile: Int64 {
        ((try? Int64.fetchOne(database, sql: "PRAGMA freelist_count")) ?? 0) * Self.page
    }

    /// To be called after commits.
    mutating func shorten() {
        let pages = length.pages.pointee
        guard pages >= limits.worthMoving else {
            patience = limits.tooLong
            if endangersDisk(pages), move(SQLITE_CHECKPOINT_PASSIVE) { makeRoom() }
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
        guard look != lastLook || lastRoom < Self.plenty else { return false }
        lastLook = look
        return !leaves(0, after: 0)
    }

    /// Gives the room of the log back, where what it holds can be moved.
    func makeRoom() {
        if move(SQLITE_CHECKPOINT_TRUNCATE) { length.pages.pointee = 0 }
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
