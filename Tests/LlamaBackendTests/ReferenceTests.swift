import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

/// Composites of the demo family against an independent PyTorch computation on the same weights
/// (F16 widened to F32 on both sides, F32 cache, no flash attention).
@Suite(.serialized) final class ReferenceTests {
    private static let tolerance = 1e-4

    private let reference: Reference
    private var models: [String: LlamaModel] = [:]

    init() throws { reference = try Reference.load() }

    deinit { WidenedModel.remove() }

    /// One model per name, also where two names share a file: an engine is its members' only caller.
    private func model(_ name: String) throws -> LlamaModel {
        let file = try #require(reference.members[name]).file
        return try LlamaModel(
            path: WidenedModel.path(file),
            options: LlamaOptions(
                gpuLayers: 0, cacheType: .f32, flashAttention: .off, context: 512, sequences: 1))
    }

    @Test func `log-probabilities of composites and members equal PyTorch's within 1e-4`()
        async throws
    {
        var worst = 0.0
        var positions = 0
        var uncertain = 0
        for entry in reference.composites {
            let composite = try entry.composite(model)
            if entry.control == "fallback" {
                #expect(composite.fallbackTokens == entry.fallbackTokens, "\(entry.name)")
            }
            let engine = Engine(composite)
            for (index, testCase) in reference.cases.enumerated() {
                let series = try #require(testCase.composites[entry.name])
                let tokens = try await score(testCase, engine)
                #expect(tokens.count == series.logProbabilities.count)
                for (position, token) in tokens.enumerated() {
                    positions += 1
                    let distance = distance(
                        token.logProbability, series.logProbabilities[position])
                    // A nucleus boundary this close to p may fall on its other side in Float32.
                    if distance > Self.tolerance, let margin = series.margins?[position],
                        margin < 1e-5
                    {
                        uncertain += 1
                        print("\(entry.name), case \(index), position \(position): \(margin)")
                        continue
                    }
                    worst = max(worst, distance)
                    #expect(
                        distance <= Self.tolerance,
                        "\(entry.name), case \(index), position \(position)")
                    for (member, found) in zip(composite.members, token.attribution?.members ?? [])
                    {
                        let wanted = testCase.members[member.name]?.logProbabilities[position]
                        let distance = self.distance(found, wanted ?? nil)
                        worst = max(worst, distance)
                        #expect(distance <= Self.tolerance, "\(member.name) in \(entry.name)")
                    }
                    // Total variation is measured from the fallback: entries without one have none.
                    if let found = token.attribution?.totalVariation,
                        let wanted = series.totalVariations?[position]
                    {
                        #expect(abs(found - wanted) <= Self.tolerance)
                    }
                }
            }
        }
        print("largest |Δ log p| \(worst) over \(positions) positions, \(uncertain) left out")
        #expect(Double(uncertain) <= 0.01 * Double(positions))
    }

    @Test func `the prompts' token ids equal those of the tokenizer that trained the models`()
        throws
    {
        let chat = try LlamaWeights(path: RepositoryFiles.atlas("small-chat.gguf"))
        for testCase in reference.cases {
            let tokens = try chat.tokenizer.encode(testCase.prompt, start: true, control: true)
            #expect(tokens == Array(testCase.tokens[..<testCase.first]))
            let response = try chat.tokenizer.encode(
                testCase.response, start: false, control: true)
            #expect(chat.vocabulary.text(response) == testCase.response)
        }
    }

    private func score(_ testCase: Reference.Case, _ engine: Engine) async throws
        -> [GeneratedToken]
    {
        let request = GenerationRequest(
            prompt: Array(testCase.tokens[..<testCase.first]), attributions: true,
            response: Array(testCase.tokens[testCase.first...]))
        var tokens: [GeneratedToken] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }

    private func distance(_ found: Float, _ wanted: Double?) -> Double {
        guard let wanted else { return found == -.infinity ? 0 : .infinity }
        return abs(Double(found) - wanted)
    }
}

extension Vocabulary {
    /// The text of tokens, control tokens by their names.
    fileprivate func text(_ ids: [TokenID]) -> String {
        String(decoding: ids.flatMap { tokens[$0].bytes }, as: UTF8.self)
    }
}
