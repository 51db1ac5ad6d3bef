#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How many files and sockets the system lets this process open.
package enum DescriptorLimit {
    /// A number of connections that leaves two thirds of the descriptors to others.
    ///
    /// Where none is left, accepting fails, and the server of SwiftNIO tries again as fast as it can. Held to fewer
    /// connections, it leaves the next ones in the line of the system instead.
    package static func lowering(_ connections: Int) -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard status == 0 else { return connections }
        return min(connections, max(16, Int(clamping: limit.rlim_cur / 3)))
    }
}
