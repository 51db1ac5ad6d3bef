#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The file that stands for a UNIX domain socket.
package enum SocketFile {
    /// Tells a file from another one that has taken its place.
    package struct Identity: Equatable, Sendable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }

    /// Removes what a program left behind that ended without closing its socket.
    /// - Throws: ``ComponentFailure`` where somebody listens there, where another kind of file is there, and where no socket
    ///   can have such a path.
    package static func removeStale(_ path: String) throws(ComponentFailure) {
        let address = try address(path)
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ComponentFailure("\(path) is there and no socket; remove it or choose another path")
        }
        guard !isAnswered(address) else {
            throw ComponentFailure("another program listens on \(path); stop it or choose another path")
        }
        _ = unlink(path)
    }

    /// Makes a socket with a file that only those whom `mode` names can connect to, from the first moment on; what was left
    /// behind there is replaced.
    /// - Returns: the descriptor of the socket, which does not listen yet, and who its file is.
    /// - Throws: ``ComponentFailure`` as ``removeStale(_:)`` does, and where the system refuses.
    package static func bind(_ path: String, mode: UInt16) throws(ComponentFailure) -> (descriptor: Int32, identity: Identity) {
        try removeStale(path)
        let address = try address(path)
        let descriptor = makeSocket()
        guard descriptor >= 0 else { throw failure("no socket can be made", path) }
        // Linux gives the file the mode that the socket has, so there is no moment in which others can connect.
        _ = fchmod(descriptor, mode_t(mode))
        guard withSocketAddress(address, { SocketFile.bind(descriptor, $0, $1) }) == 0 else {
            let failure = failure("no socket can be made", path)
            _ = close(descriptor)
            throw failure
        }
        do throws(ComponentFailure) {
            try protect(path, mode: mode)
            guard let status = status(path) else { throw failure("the socket has gone", path) }
            return (descriptor, Identity(status))
        } catch {
            _ = close(descriptor)
            _ = unlink(path)
            throw error
        }
    }

    /// Lets so many who connect wait until they are accepted, on a socket that listens already.
    package static func extendLine(of descriptor: Int32, to count: Int32) {
        _ = listen(descriptor, count)
    }

    /// Lets only those connect whom `mode` names; by default the user who runs this program.
    package static func protect(_ path: String, mode: UInt16 = 0o600) throws(ComponentFailure) {
        guard chmod(path, mode_t(mode)) == 0 else {
            throw failure("its mode cannot be set, so others could connect", path)
        }
    }

    /// The path as one that does not depend on the folder of the process.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    /// The path of a socket, which need not be there yet, with the folder that it really is in: one place has one such path.
    package static func place(_ path: String) -> String {
        let full = absolute(path)
        guard let slash = full.lastIndex(of: "/"), let folder = realpath(String(full[...slash]), nil) else { return full }
        defer { free(folder) }
        return String(cString: folder) + full[slash...]
    }

    /// The place that somebody reaches who connects to a path: where it leads as a symbolic link, if it is one.
    package static func reached(_ path: String) -> String {
        var place = place(path)
        // As many as the system follows.
        for _ in 0..<40 {
            var bytes = [CChar](repeating: 0, count: 4_096)
            let count = readlink(place, &bytes, bytes.count)
            guard count > 0 else { return place }
            let target = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = place[...(place.lastIndex(of: "/") ?? place.startIndex)]
            place = Self.place(target.hasPrefix("/") ? target : folder + target)
        }
        return place
    }

    package static func remove(_ path: String) {
        _ = unlink(path)
    }

    /// Removes the file unless another one has taken its place.
    package static func remove(_ path: String, ifStill identity: Identity) {
        guard let status = status(path), Identity(status) == identity else { return }
        _ = unlink(path)
    }

    private static func failure(_ what: String, _ path: String) -> ComponentFailure {
        ComponentFailure("\(path): \(what): \(String(cString: strerror(errno)))")
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    private static func address(_ path: String) throws(ComponentFailure) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        let bytes = Array(path.utf8)
        guard bytes.count <= room else {
            throw ComponentFailure("the path of the socket is too long for this system, \(path); choose one of at most \(room) bytes")
        }
        guard !bytes.isEmpty, !bytes.contains(0) else {
            throw ComponentFailure("'\(path)' is no path of a socket; write one such as /run/app.sock")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    private static func makeSocket() -> Int32 {
        #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        #if canImport(Darwin)
            Darwin.bind(descriptor, address, length)
        #elseif canImport(Musl)
            Musl.bind(descriptor, address, length)
        #else
            Glibc.bind(descriptor, address, length)
        #endif
    }

    private static func withSocketAddress(_ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private static func isAnswered(_ address: sockaddr_un) -> Bool {
        let descriptor = makeSocket()
        guard descriptor >= 0 else { return true }
        defer { _ = close(descriptor) }
        // A line of connections that is full must not hold up this one.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let isConnected = withSocketAddress(address) { connect(descriptor, $0, $1) } == 0
        return isConnected || errno != ECONNREFUSED
    }
}
