import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct LogSoftmaxTests {
    @Test("normalisers are those computed by hand") func normalisersAreThoseComputedByHand() throws
    {
        let ln2 = Float(Reference.log(2))
        #expect(LogSoftmax.logNormalizer(.of([0, 0])) == ln2)
        #expect(LogSoftmax.logNormalizer(.of([5])) == 5)
        #expect(LogSoftmax.logNormalizer(.of([-.infinity, 3, -.infinity])) == 3)
        let row = try NormalizedRow.of([1, 1, 1 + ln2])  // ¼, ¼, ½
        #expect(zip(row.probabilities, [0.25, 0.25, 0.5]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test(
        "log-probabilities agree with Float64 at every size",
        arguments: [1, 2, 3, 15, 16, 17, 31, 32, 33, 511, 512, 513, 1000])
    func logProbabilitiesAgreeWithFloat64AtEverySize(count: Int) throws {
        var generator = SplitMix(state: UInt64(count))
        let logits = (0..<count).map { _ in Float.random(in: -30...30, using: &generator) }
        let largest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0) { $0 + Reference.exp(Double($1) - largest) }
        let row = try NormalizedRow.of(logits)
        for (logit, actual) in zip(logits, row.logProbabilities) {
            let expected = Double(logit) - largest - Reference.log(sum)
            #expect(abs(Double(actual) - expected) < 1e-5)
        }
    }

    @Test(
        "a row that is no distribution has no normaliser",
        arguments: [
            [.nan], [.infinity], [-.infinity], [], [0, .nan], [0, .infinity], [-.infinity, .nan],
            [.infinity, -.infinity], [Float](repeating: -.infinity, count: 40),
            [Float](repeating: 1, count: 40) + [.nan],
        ] as [[Float]])
    func aRowThatIsNoDistributionHasNoNormaliser(logits: [Float]) {
        #expect(LogSoftmax.logNormalizer(.of(logits)) == nil)
    }

    @Test("the largest finite logits do not overflow") func theLargestFiniteLogitsDoNotOverflow() {
        let largest = Float.greatestFiniteMagnitude
        #expect(LogSoftmax.logNormalizer(.of([largest, -largest])) == largest)
        #expect(LogSoftmax.logNormalizer(.of([-largest, -.infinity])) == -largest)
    }
}
