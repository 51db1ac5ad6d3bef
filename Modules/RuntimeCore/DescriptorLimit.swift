#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How many files and sockets the system lets this process open.
package enum DescriptorLimit {
    /// A number of connections that leaves `others` descriptors, or two thirds of all where there are not so many.
    ///
    /// Where none is left, accepting fails, and so does everything else that needs one. Held to fewer connections, a server leaves the
    /// next ones in the line of the system instead.
    package static func lowering(_ connections: Int, leaving others: Int = .max) -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard status == 0 else { return connections }
        let all = Int(clamping: limit.rlim_cur)
        return min(connections, max(16, all / 3, all > others ? all - others : 0))
    }
}
