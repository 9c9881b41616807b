/// Philox4x32-10: a counter-based generator. Four random words are a pure function of a counter and a
/// key; there is no state to carry, so a draw is the same whoever asks for it and in whatever order.
///
/// Source: Salmon et al., *Parallel random numbers: as easy as 1, 2, 3* (SC 2011). Matches the
/// known-answer vectors of the authors' Random123.
enum Philox {
    /// Eight blocks at once: lane i holds block `first + i`. Words are kept in 64-bit lanes, because
    /// that is where the 32 × 32 → 64-bit products live.
    typealias Words = SIMD8<UInt64>

    /// The four output words of eight consecutive blocks.
    ///
    /// - Parameters:
    ///   - first: the first counter word of lane 0; lane i has `first + i`.
    ///   - counter: the other three counter words, the same for all lanes.
    ///   - key: the two key words, the low one in the low half.
    @inline(__always)
    static func blocks(
        from first: UInt32, _ counter: (UInt32, UInt32, UInt32), key: UInt64
    ) -> (Words, Words, Words, Words) {
        let low = Words(repeating: 0xffff_ffff)
        var c0 = (Words(repeating: UInt64(first)) &+ Words(0, 1, 2, 3, 4, 5, 6, 7)) & low
        var c1 = Words(repeating: UInt64(counter.0))
        var c2 = Words(repeating: UInt64(counter.1))
        var c3 = Words(repeating: UInt64(counter.2))
        var k0 = key & 0xffff_ffff
        var k1 = key >> 32
        for _ in 0..<10 {
            let a = c0 &* Words(repeating: 0xd251_1f53)
            let b = c2 &* Words(repeating: 0xcd9e_8d57)
            c0 = (b &>> 32) ^ c1 ^ Words(repeating: k0)
            c1 = b & low
            c2 = (a &>> 32) ^ c3 ^ Words(repeating: k1)
            c3 = a & low
            k0 = (k0 &+ 0x9e37_79b9) & 0xffff_ffff
            k1 = (k1 &+ 0xbb67_ae85) & 0xffff_ffff
        }
        return (c0, c1, c2, c3)
    }
}
