import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

/// Composites of the demo family against an independent PyTorch computation on the same weights.
@Suite(.serialized) struct ReferenceTests {
    private let reference: Reference

    init() throws { reference = try Reference.load() }

    /// How the members are run.
    enum Setting: String, CaseIterable {
        /// F16 weights widened to F32, F32 cache, no flash attention: as the reference.
        case exact = "F32 weights (widened), F32 cache, no flash attention"
        case f16 = "F16 weights, F32 cache, no flash attention"
        case defaults = "F16 weights, default settings"
        case q8 = "Q8_0 weights, default settings"

        /// What log-probabilities may differ by, nats; Documentation/numerics.md has what they do.
        var tolerance: Double {
            switch self {
            case .exact: 1e-4
            case .f16, .defaults: 0.25
            case .q8: 2
            }
        }

        /// One thread: passes of models this small are over before a second one has started.
        var options: LlamaOptions {
            switch self {
            case .exact, .f16:
                LlamaOptions(
                    gpuLayers: 0, threads: 1, cacheType: .f32, flashAttention: .off, context: 512,
                    sequences: 1)
            case .defaults, .q8: LlamaOptions(threads: 1, context: 512, sequences: 1)
            }
        }

        func path(_ file: String) throws -> String {
            switch self {
            case .exact: try ConvertedModel.path(file, .f32)
            case .f16, .defaults: RepositoryFiles.atlas(file)
            case .q8: try ConvertedModel.path(file, .q8)
            }
        }
    }

    @Test("composites and members equal PyTorch's within 1e-4, all masks and rules")
    func compositesAndMembersEqualPyTorchSWithin1e4AllMasksAndRules() async throws {
        var comparison = Comparison(setting: .exact)
        for entry in reference.composites {
            let composite = try entry.composite { try model($0, .exact) }
            #expect(composite.fallbackTokens == entry.fallbackTokens, "\(entry.name)")
            try await compare(entry, composite, &comparison)
        }
        print(comparison)
        // Positions whose nucleus boundary lies within 1e-5 of p may fall on its other side.
        #expect(comparison.excepted.count <= comparison.positions / 100)
    }

    @Test(
        "the up-scaled composite stays near PyTorch's in other number formats",
        arguments: Setting.allCases)
    func theUpScaledCompositeStaysNearPyTorchSInOtherNumberFormats(
        setting: Setting
    ) async throws {
        var comparison = Comparison(setting: setting)
        let entry = try #require(reference.composites.first { $0.name == "up-scaled" })
        try await compare(entry, entry.composite { try model($0, setting) }, &comparison)
        print(comparison)
        #expect(comparison.positions > 200)
    }

    @Test("the texts' token ids equal those of the tokenizer that trained the models")
    func theTextsTokenIdsEqualThoseOfTheTokenizerThatTrainedTheModels() throws {
        let chat = try LlamaWeights(path: RepositoryFiles.atlas("small-chat.gguf"))
        for testCase in reference.cases {
            let tokens = try chat.tokenizer.encode(testCase.prompt, start: true, control: true)
            #expect(tokens == Array(testCase.tokens[..<testCase.first]))
            guard !testCase.sampled else { continue }
            let response = try chat.tokenizer.encode(
                testCase.response, start: false, control: true)
            #expect(response == Array(testCase.tokens[testCase.first...]))
        }
    }

    /// One model per name, also where two names share a file: an engine is its members' only caller.
    private func model(_ name: String, _ setting: Setting) throws -> LlamaModel {
        let file = try #require(reference.members[name]).file
        return try LlamaModel(path: setting.path(file), options: setting.options)
    }

    private func compare(
        _ entry: Reference.CompositeEntry, _ composite: Composite, _ comparison: inout Comparison
    ) async throws {
        let engine = Engine(composite)
        for (index, testCase) in reference.cases.enumerated() {
            let series = try #require(testCase.composites[entry.name])
            let tokens = try await score(testCase, engine)
            #expect(tokens.count == series.logProbabilities.count)
            for (position, token) in tokens.enumerated() {
                let place = "\(entry.name), case \(index), position \(position)"
                let found = try #require(token.attribution)
                comparison.add(
                    token.logProbability, series.logProbabilities[position],
                    margin: series.margins?[position], place)
                for (member, value) in zip(composite.members, found.members) {
                    let wanted = testCase.members[member.name]?.logProbabilities[position]
                    comparison.add(
                        try #require(value), wanted ?? nil, margin: nil, "\(member.name), \(place)")
                }
                // Total variation is from the fallback: entries without one have none.
                if comparison.setting == .exact, let variation = found.totalVariation,
                    let wanted = series.totalVariations?[position]
                {
                    #expect(abs(variation - wanted) <= comparison.setting.tolerance, "\(place)")
                }
            }
        }
    }

    private func score(_ testCase: Reference.Case, _ engine: Engine) async throws
        -> [GeneratedToken]
    {
        let request = GenerationRequest(
            prompt: Array(testCase.tokens[..<testCase.first]), attributions: true,
            kind: .score(Array(testCase.tokens[testCase.first...])))
        var tokens: [GeneratedToken] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }
}

/// Differences from the reference, and the largest of them.
private struct Comparison: CustomStringConvertible {
    let setting: ReferenceTests.Setting
    var positions = 0
    var distances: [Double] = []
    /// Positions out of tolerance whose mask boundary is too close to call.
    var excepted: [String] = []

    mutating func add(_ found: Float, _ wanted: Double?, margin: Double?, _ place: String) {
        positions += 1
        let distance =
            wanted.map { abs(Double(found) - $0) } ?? (found == -.infinity ? 0 : .infinity)
        if distance > setting.tolerance, let margin, margin < 1e-5 {
            excepted.append("\(place): the boundary is \(margin) from p, |Δ log p| is \(distance)")
            return
        }
        distances.append(distance)
        #expect(distance <= setting.tolerance, "\(place)")
    }

    var description: String {
        let sorted = distances.sorted()
        let listed = excepted.map { "\n  excepted: \($0)" }.joined()
        return "\(setting.rawValue): |Δ log p| at most \(sorted.last ?? 0), median "
            + "\(sorted[sorted.count / 2]), over \(positions) values\(listed)"
    }
}
