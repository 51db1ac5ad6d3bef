internal import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The file of a store, as failures name it and as the file system knows it.
struct StoreFile: Sendable {
    /// As the user wrote it.
    let name: String

    init(_ name: String) {
        self.name = name
    }

    /// What SQLite is given. A relative path begins with a dot, so that neither `:memory:` nor `file:` has another meaning
    /// than that of a file name.
    var path: String { name.utf8.first == UInt8(ascii: "/") ? name : "./\(name)" }

    /// The size of the file in bytes; `nil` where there is none. A store in which nothing was ever written has 0.
    /// - Throws: ``StoreFailure`` where what is there cannot be a store, or has lost its file and has only its log.
    func size() throws(StoreFailure) -> Int64? {
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw unavailable("its path is empty or holds a zero byte; give it the path of a file")
        }
        guard let main = Entry(path) else {
            try refuseLostLog()
            return nil
        }
        guard main.isRegularFile else {
            throw unavailable(main.isDirectory ? "it is a directory; name a file in it" : "it is no regular file; name one")
        }
        if main.size == 0 { try refuseLostLog() }
        return main.size
    }

    /// Whether changes wait in the log of the file, so that the file alone may be behind.
    var hasLog: Bool { (Entry(path + "-wal")?.size ?? 0) > 0 }

    /// How many bytes are left on its disk; `nil` where the system does not say.
    var room: Int64? { bytes(\.f_bavail) }

    /// How many bytes its disk has; `nil` where the system does not say.
    var diskSize: Int64? { bytes(\.f_blocks) }

    private func bytes(_ blocks: KeyPath<statvfs, fsblkcnt_t>) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, isTooMany) = Int64(clamping: status[keyPath: blocks]).multipliedReportingOverflow(by: Int64(clamping: status.f_frsize))
        return isTooMany ? .max : bytes
    }

    /// Whether a process ended while it made the file. Only a connection that may write can undo what it has begun.
    var isHalfMade: Bool { (Entry(path + "-journal")?.size ?? 0) > 0 }

    /// SQLite deletes the log of a file without contents, and with it what was committed last.
    private func refuseLostLog() throws(StoreFailure) {
        if hasLog {
            throw damaged("its log \(name)-wal is there, and the file itself is empty or missing")
        }
    }

    private struct Entry {
        let size: Int64
        private let kind: mode_t

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            size = Int64(status.st_size)
            kind = status.st_mode & S_IFMT
        }

        var isDirectory: Bool { kind == S_IFDIR }
        var isRegularFile: Bool { kind == S_IFREG }
    }
}
