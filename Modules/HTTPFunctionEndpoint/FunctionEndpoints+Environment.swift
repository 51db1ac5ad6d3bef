#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension FunctionEndpoints {
    /// What the process was started with, for `${NAME}` in a module.
    public static var processEnvironment: [String: String] {
        ProcessInfo.processInfo.environment
    }
}
