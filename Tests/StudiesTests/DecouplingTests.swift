import Testing

@testable import Studies

@Suite struct DecouplingTests {
    private func column(_ values: [String: [Double]]) -> MetricTable.Column {
        let bootstrap = Bootstrap(count: 200, resamples: 1000, seed: 1)
        return MetricTable.Column(
            metric: Metric(name: "factuality", judge: "j", score: "s", prompts: ["p"]),
            isShare: true, systems: values.mapValues { bootstrap.mean($0) })
    }

    /// The first `share` of 200 prompts right.
    private func right(_ share: Double) -> [Double] {
        (0..<200).map { Double($0) < share * 200 ? 1 : 0 }
    }

    private func findings(_ up: Double, large: Double) -> [String: FigureResult.Finding] {
        let column = column([
            "s": right(0.2), "u": right(up), "d": right(0.3), "l": right(large),
        ])
        let result = Decoupling(small: "s", up: "u", down: "d", large: "l").result([column])
        #expect(result.charts.count == 1)
        return Dictionary(result.findings.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    }

    @Test(
        "the share of the gap is (up − small)/(large − small), and the effects are those of the 2 × 2"
    )
    func theShareOfTheGap() throws {
        let found = findings(0.6, large: 0.7)
        let share = try #require(
            found["factuality: share of the gap closed, up-scaled"]?.estimate)
        #expect(abs(share.value - 0.8) < 1e-9)
        #expect(share.low < 0.8 && share.high > 0.8 && share.low > 0.5)
        let down = found["factuality: share of the gap closed, down-scaled"]?.estimate
        #expect(abs((down?.value ?? 0) - 0.2) < 1e-9)
        let scale = found["factuality: effect of pre-training scale"]?.estimate
        #expect(abs((scale?.value ?? 0) - 0.4) < 1e-9)
        let tuning = found["factuality: effect of fine-tuning scale"]?.estimate
        #expect(abs((tuning?.value ?? 0) - 0.1) < 1e-9)
    }

    @Test("a gap whose interval holds 0 prints `no gap`")
    func noGap() {
        let found = findings(0.6, large: 0.2)
        let finding = found["factuality: share of the gap closed, up-scaled"]
        #expect(finding?.text == "no gap")
        #expect(finding?.estimate == nil)
    }
}
