#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How many files and connections the process may have open.
enum OpenFiles {
    /// With fewer than so many, hardly anything is left for connections beside what a server needs for itself.
    private static let least = 64

    /// Takes as many as the system allows without asking: what a shell sets by default is little for a server.
    /// - Throws: `ExitCode` where that is too few; what is wrong has been printed then.
    static func raiseLimit() throws {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        guard limit.rlim_max >= least else {
            throw RuntimeSession.failed(
                "the process may open \(limit.rlim_max) files and needs \(least) at least; raise the limit (ulimit -n)"
            )
        }
        guard limit.rlim_cur < limit.rlim_max else { return }
        #if canImport(Darwin)
            // The system refuses more than this, whatever it names as its limit.
            limit.rlim_cur = min(limit.rlim_max, rlim_t(OPEN_MAX))
        #else
            limit.rlim_cur = limit.rlim_max
        #endif
        setrlimit(resource, &limit)
    }
}
