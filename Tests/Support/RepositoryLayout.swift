import Foundation

/// Where things are in the working copy that the tests were built from.
public enum RepositoryLayout {
    /// The folder that holds `Package.swift`.
    public static let root = String(#filePath.dropLast("/Tests/Support/RepositoryLayout.swift".count))

    /// The path of a file, given from the root.
    public static func path(_ name: String) -> String { "\(root)/\(name)" }

    /// The folder that holds the programs of this package as they were built for the tests.
    public static var products: String {
        // The test bundle lies beside them.
        let arguments = CommandLine.arguments
        let bundle = arguments.first { $0.hasSuffix(".xctest") } ?? arguments[0]
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
    }

    /// The Python interpreter that has the published SDK.
    /// - Throws: ``MissingTestTool`` where it has not been installed.
    public static func python() throws -> String {
        let python = path(".build/python/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw MissingTestTool(name: "the Python environment with the published SDK", path: python)
        }
        return python
    }
}

/// Something that tests need is not on this machine.
public struct MissingTestTool: Error, CustomStringConvertible {
    public let name: String
    public let path: String

    public var description: String { "\(path) is missing: \(name) is installed by scripts/test; run scripts/test" }
}
