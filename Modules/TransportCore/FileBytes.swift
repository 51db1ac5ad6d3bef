#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Reads whole files. Blocks; not for an event loop.
public enum FileBytes {
    /// Why a file could not be read, in words that fit behind a colon.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The bytes of a file.
    /// - Parameter limit: more bytes than these are a problem, so that a wrong path such as a device cannot fill the memory.
    /// - Throws: ``Problem`` where the file cannot be read or is too long.
    public static func read(_ path: String, atMost limit: Int) throws(Problem) -> [UInt8] {
        guard let handle = fopen(path, "rb") else {
            throw Problem(description: String(cString: strerror(errno)))
        }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = fread(&chunk, 1, chunk.count, handle)
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        guard ferror(handle) == 0 else {
            throw Problem(description: String(cString: strerror(errno)))
        }
        guard bytes.count <= limit else {
            throw Problem(description: "it has more than \(limit) bytes")
        }
        return bytes
    }
}
