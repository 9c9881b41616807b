/// The vector that probabilities are computed in.
typealias Doubles = SIMD8<Double>

/// e^x in every lane, relative error below 1e-14; 0 below −700 (and for −∞), +∞ above 700, NaN for NaN.
///
/// Only IEEE additions and multiplications in a fixed order: the same bits on every platform. The
/// method is that of Cephes `exp`: x = n·ln 2 + r, a polynomial for e^r, the exponent added as bits.
@inline(__always)
func exp(_ x: Doubles) -> Doubles {
    let low = x .< -700
    let high = x .> 700
    let clamped = x.replacing(with: Doubles.zero, where: low .| high)
    let shifted = clamped * 1.442_695_040_888_963_4 + Doubles.roundingShift
    let n = shifted - Doubles.roundingShift
    let r = (clamped - n * 6.931_457_519_531_25e-1) - n * 1.428_606_820_309_417_2e-6
    // Taylor's series: |r| is at most ln 2 / 2, the first term left out is below 1e-14.
    var p = Doubles(repeating: 1 / 39_916_800)
    p = p * r + 1 / 3_628_800
    p = p * r + 1 / 362_880
    p = p * r + 1 / 40_320
    p = p * r + 1 / 5_040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let bits = unsafeBitCast(shifted, to: SIMD8<Int64>.self)
    let exponent = (bits &- Doubles.shiftBits &+ 1023) &<< 52
    let y = p * unsafeBitCast(exponent, to: Doubles.self)
    return y.replacing(with: Doubles.zero, where: low)
        .replacing(with: Doubles(repeating: .infinity), where: high)
}

extension SIMD8<Double> {
    /// 1.5 · 2⁵²: added to a number below 2⁵¹ in magnitude it rounds it to an integer, which then stands
    /// in the low bits.
    fileprivate static var roundingShift: Double { 6_755_399_441_055_744 }
    fileprivate static var shiftBits: Int64 { 0x4338_0000_0000_0000 }
}
