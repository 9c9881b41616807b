import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct FinalDistributionTests {
    static func fill(
        _ probabilities: [Double], level: Float = 0, _ options: SamplingOptions,
        prompt: [TokenID] = [], reply: [TokenID] = []
    ) throws -> [Double] {
        let distribution = FinalDistribution(vocabulary: probabilities.count)
        var history = TokenHistory(prompt: prompt)
        for token in reply { history.append(token) }
        try distribution.fill(.of(probabilities: probabilities), level: level, options, history)
        return probabilities.indices.map { distribution.probability($0) }
    }

    static func agree(_ a: [Double], _ b: [Double]) -> Bool {
        zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 } && a.count == b.count
    }

    /// Options, and the weights that they leave of 0.4, 0.3, 0.2 and 0.1.
    static let byHand: [(SamplingOptions, [Double])] = [
        (SamplingOptions(), [0.4, 0.3, 0.2, 0.1]),
        (SamplingOptions(topK: 2), [4, 3, 0, 0]),
        (SamplingOptions(topK: 9), [0.4, 0.3, 0.2, 0.1]),
        (SamplingOptions(topP: 0.69), [4, 3, 0, 0]),
        (SamplingOptions(topP: 0.71), [4, 3, 2, 0]),
        (SamplingOptions(topP: 0), [1, 0, 0, 0]),
        (SamplingOptions(minP: 0.49), [4, 3, 2, 0]),
        (SamplingOptions(minP: 1), [1, 0, 0, 0]),
        (SamplingOptions(temperature: 0.5), [16, 9, 4, 1]),
        (SamplingOptions(temperature: 1e-9), [1, 0, 0, 0]),
        // Top-k comes before top-p: of 4/7 and 3/7, the first alone has half the mass.
        (SamplingOptions(topK: 2, topP: 0.5), [1, 0, 0, 0]),
        // Temperature comes before top-p: at 0.5 the first two have 25/30.
        (SamplingOptions(temperature: 0.5, topP: 0.8), [16, 9, 0, 0]),
        // and before min-p: at 0.5 the third has a quarter of the first's probability.
        (SamplingOptions(temperature: 0.5, minP: 0.3), [16, 9, 0, 0]),
        // Bias comes before truncation: e^2 · 0.1 is the most.
        (SamplingOptions(topK: 1, logitBias: [3: 2]), [0, 0, 0, 1]),
    ]

    @Test("options give the distributions computed by hand", arguments: byHand.indices)
    func optionsGiveTheDistributionsComputedByHand(index: Int) throws {
        let (options, weights) = Self.byHand[index]
        let total = weights.reduce(0, +)
        let actual = try Self.fill([0.4, 0.3, 0.2, 0.1], options)
        #expect(Self.agree(actual, weights.map { $0 / total }))
    }

    @Test("penalties act on log-probabilities, the repetition penalty at a level")
    func penaltiesActOnLogProbabilities() throws {
        let p = [0.5, 0.25, 0.25]
        // At level 0, a repetition penalty of 2 squares the probability of tokens in prompt or reply.
        let repetition = SamplingOptions(repetitionPenalty: 2)
        #expect(
            Self.agree(
                try Self.fill(p, repetition, prompt: [0]), [1.0 / 3, 1.0 / 3, 1.0 / 3]))
        #expect(
            Self.agree(
                try Self.fill(p, repetition, prompt: [0], reply: [0, 1, 1]),
                [4.0 / 9, 1.0 / 9, 4.0 / 9]))
        // At level ln 8 the scores are ln 4, ln 2 and ln 2: positive, so that they are halved.
        let ln8 = Float(Reference.log(8))
        #expect(
            Self.agree(
                try Self.fill(p, level: ln8, repetition, prompt: [0]),
                [1.0 / 3, 1.0 / 3, 1.0 / 3]))
        // At level ln 3 they are ln 1.5, which is halved, and ln 0.75, which is doubled.
        let ln3 = Float(Reference.log(3))
        let weights = [Double(1.5).squareRoot(), 0.75 * 0.75, 0.75]
        #expect(
            Self.agree(
                try Self.fill(p, level: ln3, repetition, prompt: [0], reply: [1]),
                weights.map { $0 / weights.reduce(0, +) }))
        // Presence counts once, frequency every time, and only in the reply.
        let ln2 = Reference.log(2)
        #expect(
            Self.agree(
                try Self.fill(
                    p, SamplingOptions(presencePenalty: ln2), prompt: [1], reply: [0, 0, 0]),
                [1.0 / 3, 1.0 / 3, 1.0 / 3]))
        #expect(
            Self.agree(
                try Self.fill(
                    p, SamplingOptions(frequencyPenalty: ln2), prompt: [1], reply: [0, 0, 0]),
                [1.0 / 9, 4.0 / 9, 4.0 / 9]))
        // Bias first: (ln ½ + ln 1.5)·2 is the logarithm of 9/16.
        #expect(
            Self.agree(
                try Self.fill(
                    p, SamplingOptions(repetitionPenalty: 2, logitBias: [0: Reference.log(1.5)]),
                    prompt: [0]),
                [9.0 / 17, 4.0 / 17, 4.0 / 17]))
    }

    @Test("random options agree with a naive implementation")
    func randomOptionsAgreeWithANaiveImplementation() throws {
        var generator = SplitMix(state: 5)
        for _ in 0..<150 {
            let count = Int.random(in: 1...70, using: &generator)
            let raw = (0..<count).map { _ in Double.random(in: 0.01...1, using: &generator) }
            let total = raw.reduce(0, +)
            let p = raw.map { $0 / total }
            let options = SamplingOptions(
                temperature: Double.random(in: 0.2...2, using: &generator),
                topK: Bool.random(using: &generator)
                    ? Int.random(in: 1...count, using: &generator) : nil,
                topP: Double.random(in: 0.1...1, using: &generator),
                minP: Double.random(in: 0...0.3, using: &generator),
                repetitionPenalty: Double.random(in: 0.5...2, using: &generator),
                presencePenalty: Double.random(in: -1...1, using: &generator),
                frequencyPenalty: Double.random(in: -1...1, using: &generator),
                logitBias: [count / 2: Double.random(in: -2...2, using: &generator)])
            let prompt = (0..<3).map { _ in Int.random(in: 0..<count, using: &generator) }
            let reply = (0..<5).map { _ in Int.random(in: 0..<count, using: &generator) }
            let level = Float.random(in: -5...20, using: &generator)
            let expected = NaiveSampling.distribution(
                p, level: Double(level), options, prompt: prompt, reply: reply)
            #expect(
                Self.agree(
                    try Self.fill(p, level: level, options, prompt: prompt, reply: reply), expected)
            )
        }
    }

    @Test("ties go to the lowest id") func tiesGoToTheLowestId() throws {
        let p = [0.1, 0.3, 0.3, 0.3]
        #expect(try Self.fill(p, .greedy) == [0, 1, 0, 0])
        #expect(Self.agree(try Self.fill(p, SamplingOptions(topK: 2)), [0, 0.5, 0.5, 0]))
        #expect(Self.agree(try Self.fill(p, SamplingOptions(topP: 0.5)), [0, 0.5, 0.5, 0]))
    }

    @Test("what the composite forbids stays forbidden") func whatTheCompositeForbidsStaysForbidden()
        throws
    {
        let p = [0, 0.5, 0.5]
        let options = SamplingOptions(
            repetitionPenalty: 0.01, presencePenalty: -100, logitBias: [0: 1000])
        #expect(Self.agree(try Self.fill(p, options, prompt: [0], reply: [0]), [0, 0.5, 0.5]))
    }
}
