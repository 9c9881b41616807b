// Exponential and logarithm over SIMD lanes. They use only IEEE additions, multiplications and
// divisions in a fixed order, no fused operations and no libm, so their results are the same bits on
// every platform: the noise of `Sampling/` depends on that. Comparisons are of floats throughout: the
// compiler makes vector instructions of those, and a loop over the lanes of integer ones.

/// The vector that the vocabulary-wide kernels work in.
typealias Lanes = SIMD16<Float>

/// e^x in every lane: within 2 ulp for x in [−87, 88]; 0 below −87 (and for −∞), +∞ above 88,
/// NaN for NaN.
///
/// Matches Cephes `expf`: x = n·ln 2 + r, a degree-6 polynomial for e^r, the exponent added as bits.
@inline(__always)
func exp(_ x: Lanes) -> Lanes {
    let low = x .< -87
    let high = x .> 88
    let clamped = x.replacing(with: Lanes.zero, where: low .| high)
    let shifted = clamped * 1.442_695_04 + Lanes.roundingShift
    let n = shifted - Lanes.roundingShift
    let r = (clamped - n * 0.693_359_375) - n * -2.121_944_4e-4
    var p = Lanes(repeating: 1.987_569_15e-4)
    p = p * r + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 5.000_000_1e-1
    p = p * r * r + r + 1
    let scale = Lanes(bits: (SIMD16<Int32>(bits: shifted) &- Lanes.shiftBits &+ 127) &<< 23)
    let y = p * scale
    return y.replacing(with: Lanes.zero, where: low)
        .replacing(with: Lanes(repeating: .infinity), where: high)
}

/// −log(1 − w) in every lane, for w in (0, 1): a uniform number to an exponential one. A w that was
/// rounded to 1 gives 88, more than any other.
///
/// Relative error below 1e-6 also for tiny w, where the smallest (winning) values of a race lie.
/// log(1 − w) = e·ln 2 + 2·atanh(f / (2 + f)), where 1 − w = (1 + f)·2^e and 1 + f is in [√½, √2).
@inline(__always)
func negativeLogOfComplement(_ w: Lanes) -> Lanes {
    let y = 1 - w
    let bits = SIMD16<Int32>(bits: y)
    // Adding the distance from √½ to 1 moves the mantissas at and above √2 to the next exponent.
    let shifted = bits &+ (0x3f80_0000 - 0x3f35_04f3)
    let e = (shifted &>> 23) &- 127
    let mantissa = (shifted & 0x007f_ffff) &+ 0x3f35_04f3
    // Where no exponent was taken out, f is −w itself, without the rounding of 1 − w.
    let f = (Lanes(bits: mantissa) - 1).replacing(with: -w, where: y .>= 0.707_106_77)
    let s = f / (2 + f)
    let z = s * s
    var p = Lanes(repeating: 0.222_222_22)
    p = p * z + 0.285_714_3
    p = p * z + 0.4
    p = p * z + 0.666_666_7
    let exponent = Lanes(bits: e &+ Lanes.shiftBits) - Lanes.roundingShift
    let log = exponent * 0.693_147_2 + (s * z * p + 2 * s)
    return -log
}

extension SIMD16<Float> {
    /// 1.5 · 2²³: added to a number below 2²² in magnitude it rounds it to an integer, ties to even,
    /// which then stands in the low bits. SSE2 has no instruction of its own for either.
    fileprivate static var roundingShift: Float { 12_582_912 }
    fileprivate static var shiftBits: Int32 { 0x4b40_0000 }

    @inline(__always)
    init(bits: SIMD16<Int32>) { self = unsafeBitCast(bits, to: Self.self) }
}

extension SIMD16<Int32> {
    @inline(__always)
    init(bits: SIMD16<Float>) { self = unsafeBitCast(bits, to: Self.self) }
}
