#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The file descriptors of this process.
public enum OpenDescriptors {
    /// Every socket that is open.
    public static func sockets() -> Set<Int32> {
        Set(
            (0..<Int32(4096)).filter { descriptor in
                var status = stat()
                return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
            }
        )
    }

    /// The sockets that are open and were not in `before`, once they are all closed, or after a time in which any would be: the
    /// other side of a connection that has ended closes its own a moment later.
    public static func sockets(openedSince before: Set<Int32>) async -> Set<Int32> {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(30))
        while true {
            let opened = sockets().subtracting(before)
            if opened.isEmpty || clock.now >= end { return opened }
            await Task.yield()
        }
    }

    /// Every TCP socket that is connected to a port, over IPv4 or IPv6: what a client of the server there has open.
    public static func sockets(connectedTo port: Int) -> Set<Int32> {
        sockets().filter { descriptor in
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let status = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
            }
            guard status == 0 else { return false }
            return withUnsafePointer(to: storage) { pointer in
                switch CInt(storage.ss_family) {
                case AF_INET:
                    pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(in_port_t(bigEndian: $0.pointee.sin_port)) == port }
                case AF_INET6:
                    pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        Int(in_port_t(bigEndian: $0.pointee.sin6_port)) == port
                    }
                default: false
                }
            }
        }
    }
}
