import Foundation

/// A folder that goes with its object.
final class TemporaryFolder {
    let path: String

    init() throws {
        // Short, for the paths of sockets in it may have about a hundred bytes.
        let name = "bench-\(UInt32.random(in: 0...(.max)))"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in it, which need not exist.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// - Returns: the path of the file.
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = file(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}
