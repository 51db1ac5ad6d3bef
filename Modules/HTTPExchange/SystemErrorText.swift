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
}
