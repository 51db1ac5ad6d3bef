internal import NIOCore
internal import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The file that stands for a UNIX domain socket.
enum SocketFile {
    /// Removes what a program left behind that ended without closing its socket.
    /// - Throws: ``RuntimeCore/ComponentFailure`` where somebody listens there, where another kind of file is there, and
    ///   where no socket can have such a path.
    static func removeStale(_ path: String) throws(ComponentFailure) {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            throw ComponentFailure("the path of the socket is too long for this system, \(path); choose one of at most 100 bytes")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ComponentFailure("\(path) is a file and no socket; remove it or choose another path")
        }
        guard !isAnswered(address) else {
            throw ComponentFailure("another program listens on \(path); stop it or choose another path")
        }
        _ = unlink(path)
    }

    /// Lets only the user who runs this program connect.
    static func protect(_ path: String) throws(ComponentFailure) {
        guard chmod(path, S_IRUSR | S_IWUSR) == 0 else {
            throw ComponentFailure("\(path) cannot be kept from other users: \(IOError(errnoCode: errno, reason: "chmod"))")
        }
    }

    static func remove(_ path: String) {
        _ = unlink(path)
    }

    private static func isAnswered(_ address: SocketAddress) -> Bool {
        #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return true }
        defer { _ = close(descriptor) }
        // A line of connections that is full must not hold up this one.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let isConnected = address.withSockAddr { connect(descriptor, $0, socklen_t($1)) } == 0
        return isConnected || errno != ECONNREFUSED
    }
}
