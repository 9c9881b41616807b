/// What a draw of noise is for: draws for different purposes are independent.
enum NoisePurpose: UInt32 {
    /// The race that draws the draft from q.
    case draft = 0
    /// The test that accepts the draft.
    case accept = 1
    /// The race that draws from the residual after a rejection.
    case residual = 2
}

/// The noise of one generated position: uniform numbers keyed by seed, choice, position, token and
/// purpose, the same bits on every platform.
///
/// Token v takes word (v / 8) mod 4 of the Philox block with key = seed and counter =
/// ((v / 32)·8 + v mod 8, position, choice, purpose): 32 consecutive tokens share eight blocks. A word
/// x becomes the uniform number (x + ½)·2⁻³², rounded to Float32.
///
/// Test vectors, as the bits of the Float32 (`NoiseTests` has more):
///
///     seed 0   choice 0  position 0   token 0        draft     3ecc4fd2
///     seed 42  choice 3  position 17  token 31999    draft     3f2b54e3
///     seed 42  choice 3  position 17  token 128255   residual  3e35502d
struct Noise: Sendable, Equatable {
    var seed: UInt64
    /// The index of the choice among a request's `n`.
    var choice: UInt32 = 0
    /// The index of the token in the reply.
    var position: UInt32

    /// Tokens whose noise is made at once.
    static let groupSize = 32

    /// The uniform numbers of the tokens 32·group ..< 32·group + 32.
    @inline(__always)
    func uniforms(group: Int, _ purpose: NoisePurpose) -> (Lanes, Lanes) {
        let (w0, w1, w2, w3) = Philox.blocks(
            from: UInt32(truncatingIfNeeded: group &* 8), (position, choice, purpose.rawValue),
            key: seed)
        return (Self.uniform(w0, w1), Self.uniform(w2, w3))
    }

    /// One uniform number in (0, 1]: that of a single token.
    func uniform(token: Int, _ purpose: NoisePurpose) -> Float {
        let (low, high) = uniforms(group: token / Self.groupSize, purpose)
        let lane = token % Self.groupSize
        return lane < 16 ? low[lane] : high[lane - 16]
    }

    /// Sixteen words to floats: the halves are put into mantissas as bits, exactly; one rounding.
    @inline(__always)
    private static func uniform(_ a: Philox.Words, _ b: Philox.Words) -> Lanes {
        let words = SIMD16<UInt32>(
            lowHalf: unsafeBitCast(a, to: SIMD16<UInt32>.self).evenHalf,
            highHalf: unsafeBitCast(b, to: SIMD16<UInt32>.self).evenHalf)
        let magic = SIMD16<UInt32>(repeating: 0x4b00_0000)  // 2²³ as a float
        let high = unsafeBitCast((words &>> 16) | magic, to: Lanes.self) - 8_388_608
        let low = unsafeBitCast((words & 0xffff) | magic, to: Lanes.self) - 8_388_607.5
        return (high * 65_536 + low) * 2.328_306_4e-10
    }
}
