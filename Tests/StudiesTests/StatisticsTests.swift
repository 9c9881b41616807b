import Testing

@testable import Studies

@Suite struct StatisticsTests {
    @Test("a mean's interval has the width that theory gives")
    func aMeansIntervalHasTheWidthOfTheory() {
        // 400 zeros and ones in equal parts: standard error √(.25/400) = .025.
        let values = (0..<400).map { Double($0 % 2) }
        let estimate = Bootstrap(count: 400, resamples: 4000, seed: 3).mean(values).estimate
        #expect(estimate.value == 0.5)
        #expect(abs(estimate.low - (0.5 - 1.96 * 0.025)) < 0.006)
        #expect(abs(estimate.high - (0.5 + 1.96 * 0.025)) < 0.006)
    }

    @Test("the same seed gives the same interval, another seed another")
    func theSameSeedGivesTheSameInterval() {
        let values = (0..<100).map { Double($0 * $0 % 17) }
        func interval(_ seed: UInt64) -> Estimate {
            Bootstrap(count: 100, resamples: 500, seed: seed).mean(values).estimate
        }
        #expect(interval(5) == interval(5))
        #expect(interval(5) != interval(6))
    }

    @Test("the interval covers the truth about as often as it says")
    func theIntervalCovers() {
        var generator = SplitMix64(seed: 11)
        var covered = 0
        for round in 0..<200 {
            let values = (0..<80).map { _ in Double(generator.next(below: 1000)) / 999 }
            let bootstrap = Bootstrap(count: 80, resamples: 400, seed: UInt64(round))
            if bootstrap.mean(values).estimate.holds(0.5) { covered += 1 }
        }
        // 95 % of 200 is 190; five standard deviations are 15.
        #expect((175...200).contains(covered))
    }

    @Test("differences are paired: equal systems differ by exactly 0")
    func differencesArePaired() {
        let values = (0..<50).map { Double($0 % 7) }
        let bootstrap = Bootstrap(count: 50, resamples: 300, seed: 1)
        let change = (bootstrap.mean(values.map { $0 + 2 }) - bootstrap.mean(values)).estimate
        #expect(abs(change.low - 2) < 1e-9 && abs(change.high - 2) < 1e-9)
    }

    @Test("prompts without a value do not count")
    func promptsWithoutAValueDoNotCount() {
        let bootstrap = Bootstrap(count: 4, resamples: 200, seed: 1)
        let estimate = bootstrap.mean([1, .nan, 1, .nan]).estimate
        #expect(estimate.value == 1)
        #expect(estimate.count == 2)
        #expect(bootstrap.mean([.nan, .nan, .nan, .nan]).estimate.value.isNaN)
    }

    @Test("a ratio is one of sums, not a mean of ratios")
    func aRatioIsOneOfSums() {
        let bootstrap = Bootstrap(count: 2, resamples: 100, seed: 1)
        #expect(bootstrap.ratio([1, 9], over: [1, 3]).value == 2.5)
    }

    @Test("the slope is that of the least-squares line")
    func theSlopeIsLeastSquares() {
        #expect(MixingFigure.slope([0, 1, 2], [1, 3, 5]) == 2)
        #expect(abs(MixingFigure.slope([0, 0.5, 1], [0, 1, 0.5]) - 0.5) < 1e-12)
    }
}
