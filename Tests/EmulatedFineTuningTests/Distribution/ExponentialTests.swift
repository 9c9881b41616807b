import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct ExponentialTests {
    /// Evaluates sixteen points at a time.
    static func values(_ points: [Float], _ function: (Lanes) -> Lanes) -> [Float] {
        let row = Row.of(points)
        let result = MutableRow(mutating: Row.of(points))
        for (index, x) in row.lanes(padding: 0.5) { result.store(function(x), at: index) }
        return Array(result)
    }

    @Test("exp agrees with Foundation's to 3e-7") func expAgreesWithFoundationSTo3e7() {
        let points = (0..<6000).map { Float(-87 + 175 * Double($0) / 6000) }
        let values = Self.values(points) { exp($0) }
        for (x, y) in zip(points, values) {
            let expected = Reference.exp(Double(x))
            #expect(abs(Double(y) - expected) <= 3e-7 * expected)
        }
    }

    @Test("exp is exact at 0, 0 far below and infinite far above")
    func expIsExactAt00FarBelowAndInfiniteFarAbove() {
        let values = Self.values([0, -0.0, -87.1, -1e30, -.infinity, 88.1, 3e38, .infinity, .nan]) {
            exp($0)
        }
        #expect(values.prefix(8) == [1, 1, 0, 0, 0, .infinity, .infinity, .infinity])
        #expect(values[8].isNaN)
    }

    @Test("exp grows with its argument") func expGrowsWithItsArgument() {
        let points = (0..<4000).map { Float(-1) + Float($0) / 2000 }
        let values = Self.values(points) { exp($0) }
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("a uniform number becomes the exponential one of Foundation, to 1e-6")
    func aUniformNumberBecomesTheExponentialOneOfFoundationTo1e6() {
        var generator = SplitMix(state: 2)
        var points: [Float] = [
            1.164e-10, 1e-9, 1e-7, 0.2928932, 0.29289323, 0.5, 0.75, 0.999_999_94,
        ]
        for _ in 0..<3000 { points.append(Float.random(in: 1e-4..<1, using: &generator)) }
        for power in 1..<33 { points.append(Float(Reference.exp(-Double(power) * 0.6931))) }
        let values = Self.values(points, negativeLogOfComplement)
        for (w, y) in zip(points, values) {
            let expected = -Reference.log1p(-Double(w))
            #expect(abs(Double(y) - expected) <= 1e-6 * expected, "\(w)")
        }
    }

    @Test("the largest uniform number loses every race, but is a number")
    func theLargestUniformNumberLosesEveryRaceButIsANumber() {
        #expect(Self.values([1], negativeLogOfComplement)[0] > 80)
        #expect(Self.values([1], negativeLogOfComplement)[0].isFinite)
    }
}
