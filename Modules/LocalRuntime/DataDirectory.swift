public import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The folder in which a runtime keeps its data, held so that no second one uses it at the same time.
///
/// Whoever holds it has a lock on the file `lock` inside, which the system takes away when the process ends, however it ends.
/// The file says who that is.
public final class DataDirectory: Sendable {
    /// Who holds a folder.
    public struct Holder: Hashable, Sendable {
        /// The process.
        public let processID: Int32
        /// The UNIX domain socket on which it can be spoken to.
        public let controlSocket: String
    }

    /// The folder.
    public let path: String
    /// The UNIX domain socket for tools.
    public let controlSocket: String
    private let descriptor: Int32

    /// The file with the data.
    public var storePath: String { "\(path)/statefun.db" }

    /// Makes the folder where it is not there, and takes hold of it.
    /// - Throws: `StoreFailure` where another process holds it, which the message names, and where it cannot be written.
    public init(path: String) throws(StoreFailure) {
        let made = mkdir(path, 0o700)
        guard made == 0 || errno == EEXIST else {
            throw StoreFailure(.unavailable, "the folder \(path) cannot be made: \(Self.systemError()); name another with --data-dir")
        }
        let lock = "\(path)/lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreFailure(.unavailable, "\(lock) cannot be opened: \(Self.systemError()); name another folder with --data-dir")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.read(descriptor).map { "process \($0.processID)" } ?? "another process"
            close(descriptor)
            throw StoreFailure(.unavailable, "\(holder) uses the data in \(path); stop it, or name another folder with --data-dir")
        }
        self.path = path
        self.descriptor = descriptor
        controlSocket = Self.socketPath(in: Self.absolute(path))
        guard ftruncate(descriptor, 0) == 0, Self.write("\(getpid())\n\(controlSocket)\n", to: descriptor) else {
            let reason = Self.systemError()
            close(descriptor)
            throw StoreFailure(.full, "\(lock) cannot be written: \(reason)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Who holds a folder; `nil` where nobody does, or where there is none.
    public static func holder(of path: String) -> Holder? {
        let descriptor = open("\(path)/lock", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return read(descriptor)
    }

    /// A socket has a short path: where the folder's is too long, the socket lies among the temporary files.
    private static func socketPath(in path: String) -> String {
        let inside = "\(path)/control.sock"
        let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
        if inside.utf8.count <= room, inside.hasPrefix("/") { return inside }
        return "/tmp/statefun-\(getuid())-\(getpid()).sock"
    }

    /// The path from the root, by which a tool that is started elsewhere finds it.
    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func read(_ descriptor: Int32) -> Holder? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
        guard lines.count == 2, let processID = Int32(lines[0]) else { return nil }
        return Holder(processID: processID, controlSocket: String(lines[1]))
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { pwrite(descriptor, $0.baseAddress, $0.count, 0) == $0.count }
    }

    private static func systemError() -> String { String(cString: strerror(errno)) }
}
