import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct DivergenceTests {
    @Test(
        "divergences are those computed by hand",
        arguments: [
            ([0.5, 0.5], [0.5, 0.5], 0, 0),
            ([1, 0], [0, 1], 1, Double.infinity),
            ([0.5, 0.5], [0.25, 0.75], 0.25, 0.143_841_036),  // ½ ln 2 + ½ ln ⅔
            ([1, 0], [0.5, 0.5], 0.5, 0.693_147_181),
            ([0.5, 0.5], [1, 0], 0.5, .infinity),
            ([0.7, 0.2, 0.1], [0.1, 0.2, 0.7], 0.6, 1.167_546_08),  // 0.6 ln 7
        ])
    func divergencesAreThoseComputedByHand(
        p: [Double], q: [Double], variation: Double, leibler: Double
    ) throws {
        let (p, q) = (
            try NormalizedRow.of(probabilities: p), try NormalizedRow.of(probabilities: q)
        )
        #expect(abs(Divergence.totalVariation(p, q) - variation) < 1e-6)
        let divergence = Divergence.kullbackLeibler(p, q)
        #expect(divergence == leibler || abs(divergence - leibler) < 1e-6)
    }

    @Test("random rows agree with Float64, and obey the laws")
    func randomRowsAgreeWithFloat64AndObeyTheLaws() throws {
        var generator = SplitMix(state: 3)
        for count in [1, 2, 3, 16, 17, 100, 700] {
            let rows = try (0..<2).map { _ in
                try NormalizedRow.of(
                    (0..<count).map { _ in Float.random(in: -4...4, using: &generator) })
            }
            let (p, q) = (rows[0], rows[1])
            let pairs = zip(p.probabilities, q.probabilities)
            let variation = pairs.reduce(0) { $0 + abs($1.0 - $1.1) } / 2
            let leibler = pairs.reduce(0) { $0 + $1.0 * Reference.log($1.0 / $1.1) }
            #expect(abs(Divergence.totalVariation(p, q) - variation) < 1e-5)
            #expect(abs(Divergence.kullbackLeibler(p, q) - leibler) < 1e-5)
            #expect(Divergence.totalVariation(p, q) == Divergence.totalVariation(q, p))
            #expect(Divergence.kullbackLeibler(p, p) == 0)
            // Pinsker: TV ≤ √(KL / 2).
            #expect(variation <= (leibler / 2).squareRoot() + 1e-6)
        }
    }
}
