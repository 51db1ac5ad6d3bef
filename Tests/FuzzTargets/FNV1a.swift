/// Numbers that depend on nothing but some bytes: FNV-1a, and xorshift from there.
struct FNV1a {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        // Zero is where xorshift stands still.
        state |= 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
