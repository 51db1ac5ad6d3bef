#if canImport(Glibc)
    import Glibc
#endif

/// A file system of its own with next to no room, as long as somebody holds this object.
public final class TinyFileSystem: Sendable {
    private let folder: TemporaryDirectory

    /// Whether this process may mount one. Where it may not, tests that need one are disabled.
    public static let isPossible = (try? TinyFileSystem(bytes: 65_536)) != nil

    /// No file system can be mounted, or it has no room left for what a test needs.
    public struct NotPossible: Error {
        public init() {}
    }

    /// - Throws: ``NotPossible``, or an error of the system when the folder cannot be made.
    public init(bytes: Int) throws {
        folder = try TemporaryDirectory()
        #if os(Linux)
            guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(bytes)") == 0 else { throw NotPossible() }
        #else
            throw NotPossible()
        #endif
    }

    deinit {
        #if os(Linux)
            umount2(folder.path, Int32(MNT_DETACH))
        #endif
    }

    /// The path of `name` in it.
    public func file(_ name: String) -> String { folder.file(name) }

    /// Writes a file until nothing more has room, and then takes some of it away again.
    /// - Throws: ``NotPossible`` where that much cannot be taken away.
    public func fill(_ name: String, leaving bytes: Int = 0) throws {
        let descriptor = open(file(name), O_CREAT | O_WRONLY, 0o600)
        defer { close(descriptor) }
        let piece = [UInt8](repeating: 1, count: 4_096)
        var written = 0
        while true {
            let count = write(descriptor, piece, piece.count)
            if count <= 0 { break }
            written += count
        }
        guard ftruncate(descriptor, written - bytes) == 0 else { throw NotPossible() }
    }

    /// Removes a file.
    public func remove(_ name: String) { unlink(file(name)) }
}
