internal import NIOCore
internal import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Says why nobody can listen on a port.
enum ListenFailure {
    static func explain(_ error: any Error, host: String, port: Int) -> ComponentFailure {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            ComponentFailure("port \(port) of \(host) is in use; stop what listens there, or write another port")
        case let error as IOError where error.errnoCode == EACCES:
            ComponentFailure("port \(port) of \(host) is reserved; write a port from 1024 to 65535")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            ComponentFailure("\(host) is no address of this machine; listen on 127.0.0.1, or on 0.0.0.0 for all addresses")
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            ComponentFailure("the name \(host) leads to no address; listen on 127.0.0.1, or on 0.0.0.0 for all addresses")
        default:
            ComponentFailure("nothing can listen on port \(port) of \(host): \(error)")
        }
    }
}
