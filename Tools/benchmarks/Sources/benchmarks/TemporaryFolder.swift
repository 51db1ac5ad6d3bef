import Foundation

/// A folder that goes with its object.
final class TemporaryFolder {
    let path: String

    /// What the longest path of a socket adds, and the most bytes that the system takes for one.
    private static let longestName = "/gateway-65535.sock".utf8.count
    private static let longestSocket = 107

    /// - Throws: ``BenchmarkFailure`` where `TMPDIR` names a folder that is of no use.
    init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        // Short, for the sake of the sockets.
        let name = "bench-\(UInt32.random(in: 0...(.max)))"
        path = "\(parent == "/" ? "" : parent)/\(name)"
        // Paths in it stand in URLs, and in files of YAML, of nginx and of wrk; none of those takes all characters as they are.
        guard path.utf8.allSatisfy(Self.isPlain) else {
            throw BenchmarkFailure("TMPDIR is '\(parent)'; set it to a path of letters, digits and / . _ - + only")
        }
        guard path.utf8.count + Self.longestName <= Self.longestSocket else {
            let most = Self.longestSocket - Self.longestName - name.utf8.count - 1
            throw BenchmarkFailure("TMPDIR is '\(parent)', too long for the paths of sockets; set it to one of at most \(most) bytes")
        }
        guard mkdir(path, 0o700) == 0 else {
            let reason = String(cString: strerror(errno))
            throw BenchmarkFailure("TMPDIR is '\(parent)', where no folder can be made: \(reason); set it to a folder that can be written")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "/._-+".utf8.contains(byte)
        }
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
