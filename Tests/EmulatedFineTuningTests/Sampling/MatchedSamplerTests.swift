import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct MatchedSamplerTests {
    static let p = [0.3, 0.02, 0.1, 0.15, 0.05, 0.08, 0.2, 0.04, 0.06]
    static let q = [0.05, 0.2, 0.1, 0.05, 0.15, 0.08, 0.02, 0.3, 0.05]
    static let prompt = [0, 4], reply = [1, 1, 6]

    static let options: [SamplingOptions] = [
        SamplingOptions(),
        SamplingOptions(temperature: 0.5),
        SamplingOptions(temperature: 3),
        SamplingOptions(topK: 1),
        SamplingOptions(topK: 4),
        SamplingOptions(topP: 0.7),
        SamplingOptions(minP: 0.3),
        SamplingOptions(repetitionPenalty: 1.5),
        SamplingOptions(presencePenalty: 1, frequencyPenalty: -0.5),
        SamplingOptions(logitBias: [0: -100, 1: 3, 5: 0.5]),
        SamplingOptions(
            temperature: 1.3, topK: 6, topP: 0.9, minP: 0.1, repetitionPenalty: 0.8,
            presencePenalty: 0.3, frequencyPenalty: 0.4, logitBias: [7: 2]),
    ]

    static func filled(_ probabilities: [Double], _ options: SamplingOptions) throws
        -> FinalDistribution
    {
        let distribution = FinalDistribution(vocabulary: probabilities.count)
        var history = TokenHistory(prompt: prompt)
        for token in reply { history.append(token) }
        try distribution.fill(try .of(probabilities: probabilities), options, history)
        return distribution
    }

    @Test("the law is p, and the draft is kept with probability 1 − TV", arguments: options.indices)
    func theLawIsPAndTheDraftIsKeptWithProbability1TV(index: Int) throws {
        let options = Self.options[index]
        let law = NaiveSampling.distribution(
            Self.p, options, prompt: Self.prompt, reply: Self.reply)
        let draftLaw = NaiveSampling.distribution(
            Self.q, options, prompt: Self.prompt, reply: Self.reply)
        let p = try Self.filled(Self.p, options)
        let q = try Self.filled(Self.q, options)
        var counts = [Double](repeating: 0, count: law.count)
        var draftCounts = counts
        var kept = 0.0
        let draws = 3000
        for position in 0..<UInt32(draws) {
            let draw = try MatchedSampler.draw(p, q, Noise(seed: 17, position: position))
            counts[draw.token] += 1
            draftCounts[try #require(draw.draft)] += 1
            if draw.token == draw.draft { kept += 1 }
        }
        #expect(ChiSquared.accepts(counts, of: law))
        #expect(ChiSquared.accepts(draftCounts, of: draftLaw))
        let distance = zip(law, draftLaw).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
        let deviation = (distance * (1 - distance) * Double(draws)).squareRoot()
        #expect(abs(kept - (1 - distance) * Double(draws)) <= 4 * deviation + 1)
    }

    @Test(
        "with the paper's coupling the law is p, and drafts are kept at least as often as promised",
        arguments: options.indices)
    func withThePapersCouplingTheLawIsPAndDraftsAreKeptAtLeastAsOftenAsPromised(index: Int) throws {
        let options = Self.options[index]
        let laws = [Self.p, Self.q].map {
            NaiveSampling.distribution($0, options, prompt: Self.prompt, reply: Self.reply)
        }
        let p = try Self.filled(Self.p, options)
        let q = try Self.filled(Self.q, options)
        var counts = [Double](repeating: 0, count: Self.p.count)
        var kept = 0.0
        let draws = 3000.0
        for position in 0..<UInt32(draws) {
            let noise = Noise(seed: 23, position: position)
            let draw = try MatchedSampler.draw(p, q, noise, .paper)
            #expect(draw.draft == MatchedSampler.draft(q, noise))
            counts[draw.token] += 1
            if draw.token == draw.draft { kept += 1 }
        }
        #expect(ChiSquared.accepts(counts, of: laws[0]))
        let distance = zip(laws[0], laws[1]).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
        let promised = (1 - distance) / (1 + distance)
        #expect(kept >= promised * draws - 4 * (promised * (1 - promised) * draws).squareRoot() - 1)
        #expect(kept <= (1 - distance) * draws + 4 * (distance * draws).squareRoot() + 1)
    }

    /// Made with an independent implementation: token and draft at positions 0 to 23, seed 7.
    @Test("draws are the published ones") func drawsAreThePublishedOnes() throws {
        let p = try Self.unadjusted([0.5, 0.25, 0.125, 0.0625, 0.0625])
        let q = try Self.unadjusted([0.0625, 0.25, 0.125, 0.5, 0.0625])
        let draws = try (0..<24).map { position in
            try MatchedSampler.draw(p, q, Noise(seed: 7, position: position))
        }
        #expect(
            draws.map(\.token) == [
                2, 0, 0, 3, 0, 3, 1, 0, 0, 2, 2, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0,
            ])
        #expect(
            draws.map(\.draft) == [
                2, 3, 3, 3, 3, 3, 1, 3, 3, 2, 2, 3, 3, 3, 1, 3, 3, 3, 1, 3, 3, 1, 1, 3,
            ])
    }

    static func unadjusted(_ probabilities: [Double]) throws -> FinalDistribution {
        let distribution = FinalDistribution(vocabulary: probabilities.count)
        try distribution.fill(
            try .of(probabilities: probabilities), SamplingOptions(), TokenHistory())
        return distribution
    }

    @Test("a draft from p itself is always kept") func aDraftFromPItselfIsAlwaysKept() throws {
        let p = try Self.unadjusted(Self.p)
        let q = try Self.unadjusted(Self.p)
        for position in 0..<500 as Range<UInt32> {
            let draw = try MatchedSampler.draw(p, q, Noise(seed: 23, position: position))
            #expect(draw.token == draw.draft)
            let alone = try MatchedSampler.draw(p, nil, Noise(seed: 23, position: position))
            #expect(draw.token == alone.token)
            #expect(alone.draft == nil)
        }
    }

    @Test("a draft that p forbids is never kept") func aDraftThatPForbidsIsNeverKept() throws {
        let p = try Self.unadjusted([0, 0, 0.5, 0.5])
        let q = try Self.unadjusted([0.5, 0.5, 0, 0])
        for position in 0..<300 as Range<UInt32> {
            let draw = try MatchedSampler.draw(p, q, Noise(seed: 29, position: position))
            #expect(draw.token >= 2)
        }
    }

    @Test("the draft is what the draft member draws alone")
    func theDraftIsWhatTheDraftMemberDrawsAlone() throws {
        let p = try Self.unadjusted(Self.p)
        let q = try Self.unadjusted(Self.q)
        for position in 0..<200 as Range<UInt32> {
            let noise = Noise(seed: 31, position: position)
            #expect(try MatchedSampler.draw(p, q, noise).draft == MatchedSampler.draft(q, noise))
        }
    }

    @Test("at temperature 0 both are point masses") func atTemperature0BothArePointMasses() throws {
        let p = try Self.filled(Self.p, .greedy)
        let q = try Self.filled(Self.q, .greedy)
        for position in 0..<20 as Range<UInt32> {
            let draw = try MatchedSampler.draw(p, q, Noise(seed: 37, position: position))
            #expect(draw == MatchedSampler.Draw(token: 0, draft: 7))
        }
    }
}
