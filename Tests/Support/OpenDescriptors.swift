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
}
