internal import CZlib

/// Bytes as a peer sends them that compresses its answers.
public enum Deflated {
    /// In the gzip format (RFC 1952).
    public static func gzip(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: MAX_WBITS + 16) }

    /// In the zlib format (RFC 1950), which is what `deflate` means in HTTP.
    public static func zlib(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: MAX_WBITS) }

    /// Without any frame (RFC 1951), which is what some peers mean by it.
    public static func raw(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: -MAX_WBITS) }

    private static func deflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = deflateInit2_(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        precondition(status == Z_OK, "zlib does not start")
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let count = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                precondition(CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound is too low")
                return target.count - Int(stream.avail_out)
            }
        }
        return Array(output.prefix(count))
    }
}
