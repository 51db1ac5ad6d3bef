internal import GRDB
internal import GRDBSQLite
internal import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension StoreFile {
    func unavailable(_ reason: String) -> StoreFailure {
        StoreFailure(.unavailable, "the store \(name) cannot be used: \(reason)")
    }

    func damaged(_ reason: String) -> StoreFailure {
        StoreFailure(
            .damaged,
            "the store \(name) is damaged: \(reason); nothing was changed in it. "
                + "Put a copy of it back, or move it and the files beside it whose names begin like its own away to begin with an empty store"
        )
    }

    func tooNew(_ version: Int64, known: Int64) -> StoreFailure {
        StoreFailure(
            .tooNew,
            "the store \(name) was written by a newer version of this program: its layout is number \(version), "
                + "and the newest one known here is \(known); use the newer program, or another store"
        )
    }

    var closed: StoreFailure {
        StoreFailure(.closed, "the store \(name) has been closed; open it again to use it")
    }

    /// What a result of SQLite means.
    /// - Parameters:
    ///   - code: an extended result code.
    ///   - systemError: what the system said last to this connection; 0 where that is not known.
    ///   - message: SQLite's own words.
    func failure(_ code: Int32, systemError: Int32 = 0, _ message: String) -> StoreFailure {
        let reason = "\(message) (SQLite \(code))"
        if code == SQLITE_IOERR | 33 << 8 {
            // The file system has found what it holds to be wrong (SQLITE_IOERR_CORRUPTFS).
            return damaged(reason)
        }
        switch code & 0xFF {
        case SQLITE_FULL:
            return full
        case SQLITE_IOERR where systemError == ENOSPC || systemError == EDQUOT:
            return full
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA, SQLITE_MISMATCH, SQLITE_ERROR:
            // Every statement is a constant, so one that makes no sense to SQLite found other tables than it was made for.
            return damaged(reason)
        case SQLITE_CONSTRAINT:
            return damaged("it holds already what was to be added, as when two programs use it (\(reason))")
        case SQLITE_BUSY, SQLITE_LOCKED:
            return unavailable("another program is using it; end that one, then try again (\(reason))")
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            return unavailable("it may not be written; change the rights of the file and of its folder (\(reason))")
        case SQLITE_CANTOPEN:
            return unavailable("it cannot be opened; see to it that its folder exists and may be written (\(reason))")
        case SQLITE_TOOBIG:
            return unavailable("a value or message is larger than a store can keep, about one gigabyte (\(reason))")
        default:
            let cause = systemError == 0 ? "" : ": " + String(cString: strerror(systemError))
            return unavailable("it cannot be read or written; see to its disk, then try again (\(reason)\(cause))")
        }
    }

    /// What an error that GRDB threw means.
    func failure(_ error: any Error) -> StoreFailure {
        guard let error = error as? DatabaseError else { return unavailable("\(error)") }
        return failure(error.extendedResultCode.rawValue, error.message ?? "no message")
    }

    var full: StoreFailure {
        StoreFailure(
            .full,
            "the store \(name) cannot grow: no room is left on its disk; make room, nothing that was stored is lost"
        )
    }
}
