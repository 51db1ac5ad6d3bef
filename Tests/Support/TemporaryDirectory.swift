public import Foundation
import NIOConcurrencyHelpers

/// A folder that exists as long as somebody holds this object, and no longer than the process.
///
/// Its path is short enough for UNIX domain sockets in it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    /// - Throws: an error of the system when the folder cannot be made.
    public init() throws {
        let longest = 50
        let preferred = FileManager.default.temporaryDirectory.path
        let parent = preferred.utf8.count > longest ? "/tmp" : preferred
        path = "\(parent)/statefun-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        _ = Self.removalAtExit
        let path = path
        Self.existing.withLockedValue { _ = $0.insert(path) }
    }

    deinit {
        let path = path
        Self.existing.withLockedValue { _ = $0.remove(path) }
        try? FileManager.default.removeItem(atPath: path)
    }

    private static let existing = NIOLockedValueBox<Set<String>>([])

    // What static properties hold is never released.
    private static let removalAtExit: Void = {
        atexit {
            for path in TemporaryDirectory.existing.withLockedValue({ $0 }) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }()

    /// The path of `name` in this folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path. Folders in `name` are made.
    public func write(_ text: String, to name: String) throws -> String {
        try write(Data(text.utf8), to: name)
    }

    /// Writes a file and returns its path. Folders in `name` are made.
    public func write(_ bytes: Data, to name: String) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
        return url.path
    }
}
