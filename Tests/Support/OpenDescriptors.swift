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
}
