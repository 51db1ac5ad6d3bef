internal import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What an error of the system or of the libraries underneath means, in a few words.
enum SystemErrorText {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as IOError:
            return String(cString: strerror(error.errnoCode))
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed:
            return "the peer closed the connection"
        default:
            return TLSFailure.text(of: error) ?? "\(error)"
        }
    }

    /// What an error means that came of connecting. The system refuses a connection in the same way whether nobody listens on
    /// a socket's file any more or the file is none of a socket; who reads the failure wants to know.
    static func of(_ error: any Error, connectingTo address: SocketAddress) -> String {
        let text = of(error)
        guard let path = address.pathname, let code = (error as? IOError)?.errnoCode else { return text }
        var status = stat()
        switch code {
        case ENOENT, ENOTDIR:
            return "\(text); nobody has made that socket yet"
        case EACCES:
            return "\(text); this user needs to be let through its folders and to be allowed to write to it"
        case ECONNREFUSED, ENOTSOCK:
            guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK else {
                return "\(text); the file is there, but nobody listens"
            }
            return "\(text); the file is not a socket"
        default:
            return text
        }
    }
}
