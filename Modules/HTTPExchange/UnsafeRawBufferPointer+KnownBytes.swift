#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

extension UnsafeRawBufferPointer {
    /// Whether these bytes are at `offset`. The library compares element by element, which takes many times as long.
    package func holds(_ known: [UInt8], at offset: Int) -> Bool {
        guard let baseAddress, known.count <= count - offset else { return false }
        return known.withUnsafeBytes { known in
            known.baseAddress.map { memcmp(baseAddress + offset, $0, known.count) == 0 } ?? true
        }
    }
}
