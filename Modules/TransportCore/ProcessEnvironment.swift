#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What the process was started with.
enum ProcessEnvironment {
    /// The home folder of the user, where the environment names one.
    static var home: String? {
        guard let value = getenv("HOME") else { return nil }
        return String(cString: value)
    }
}
