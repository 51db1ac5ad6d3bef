import CAllocator
import Foundation
import Testing

/// What happens with memory that a peak has left behind. Only the GNU C Library has to be told.
#if canImport(Glibc)
    @Suite(.serialized) struct FreedMemoryTests {
        private static let kept = 64 << 20

        @Test("memory between pieces in use goes back to the system when it has been free for a while")
        func peak() throws {
            let pieces = (0..<4_096).compactMap { _ in malloc(60_000) }
            // What has been written to is in memory.
            for piece in pieces { memset(piece, 1, 60_000) }
            let full = try Self.resident()
            // Every 16th stays, so that no end of the heap is free.
            for (index, piece) in pieces.enumerated() where index % 16 != 0 { free(piece) }
            let returned = (0..<3).map { _ in allocator_return_unused(Self.kept) }
            #expect(returned == [false, false, true])
            #expect(try full - Self.resident() > 128 << 20)
            for (index, piece) in pieces.enumerated() where index % 16 == 0 { free(piece) }
        }

        @Test("what may stay does")
        func little() {
            for _ in 0..<6 { #expect(!allocator_return_unused(1 << 40)) }
        }

        /// The bytes of this process that are in memory.
        private static func resident() throws -> Int {
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
            return (Int(pages) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
        }
    }
#endif
