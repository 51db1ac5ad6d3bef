internal import NIOCore
internal import RuntimeCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Says why nobody can listen at an address.
enum ListenFailure {
    static func explain(_ error: any Error, at address: AdminAddress) -> ComponentFailure {
        let number = (error as? IOError)?.errnoCode
        switch address {
        case .port(let host, let port):
            switch number {
            case EADDRINUSE: return ComponentFailure("port \(port) of \(host) is in use; stop what listens there, or choose another port")
            case EACCES: return ComponentFailure("port \(port) of \(host) is reserved; choose a port from 1024 to 65535")
            case EADDRNOTAVAIL: return ComponentFailure("\(host) is no address of this machine; listen on 127.0.0.1")
            default:
                if error is SocketAddressError || error is SocketAddressError.UnknownHost {
                    return ComponentFailure("the name \(host) leads to no address; listen on 127.0.0.1")
                }
                return ComponentFailure("nothing can listen on port \(port) of \(host): \(error)")
            }
        case .socket(let path):
            return ComponentFailure("nothing can listen on the socket \(path): \(error)")
        }
    }
}
