import Testing

@testable import EmulatedFineTuning

@Suite struct CostCurveTests {
    static func curve(_ costs: [Int: Double]) -> CostCurve {
        var curve = CostCurve()
        for _ in 0..<3 {
            for (width, seconds) in costs.sorted(by: { $0.key < $1.key }) {
                curve.record(width: width, seconds: seconds)
            }
        }
        return curve
    }

    @Test("measured widths cost what they took, those between lie on the line")
    func measuredWidthsCostWhatTheyTookThoseBetweenLieOnTheLine() {
        let curve = Self.curve([1: 10, 5: 18, 9: 40])
        #expect(abs(curve.seconds(width: 9) - 40) < 0.1)
        #expect(abs(curve.seconds(width: 3) - 14) < 0.1)
        #expect(curve.seconds(width: 100) == 40)
        #expect(CostCurve().seconds(width: 3) == 0)
    }

    @Test("one slow pass does not mislead") func oneSlowPassDoesNotMislead() {
        var curve = Self.curve([1: 10])
        curve.record(width: 1, seconds: 500)
        #expect(curve.seconds(width: 1) == 10)
        var first = CostCurve()
        first.record(width: 4, seconds: 500)
        first.record(width: 4, seconds: 10)
        #expect(first.seconds(width: 4) == 10)
    }

    @Test("a width not seen for long is hoped to be cheaper")
    func aWidthNotSeenForLongIsHopedToBeCheaper() {
        var curve = Self.curve([1: 10, 4: 20])
        for _ in 0..<1000 { curve.record(width: 1, seconds: 10) }
        #expect(abs(curve.seconds(width: 4) - 18) < 1e-9)
    }

    @Test("a pass is padded to a wider one that costs less")
    func aPassIsPaddedToAWiderOneThatCostsLess() {
        // llama.cpp with Q8_0 weights: two rows cost more than eight.
        let curve = Self.curve([1: 20, 2: 96, 8: 75, 12: 90])
        #expect(curve.padded(1, atMost: 256) == 1)
        #expect(curve.padded(2, atMost: 256) == 8)
        #expect(curve.padded(2, atMost: 7) == 2)
        #expect(curve.padded(8, atMost: 256) == 8)
        #expect(curve.padded(3, atMost: 256) == 3)  // never measured
    }
}
