import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import TestSupport
import Testing

@testable import Studies

@Suite struct RewardTests {
    private func pair(_ chosen: Double, _ rejected: Double, _ tokens: (Int, Int))
        -> PreferenceReport.Pair
    {
        func value(_ reward: Double, _ tokens: Int) -> ImpliedReward.Value {
            .init(reward: reward, perToken: reward / Double(tokens), tokens: tokens)
        }
        return .init(
            id: "\(chosen) \(rejected)", chosen: value(chosen, tokens.0),
            rejected: value(rejected, tokens.1))
    }

    @Test("accuracy counts pairs in order, ties half; per token it may differ")
    func accuracy() {
        let report = PreferenceReport(
            [
                pair(2, 1, (10, 1)),  // right, but less per token
                pair(-1, -4, (2, 2)), pair(0, 3, (1, 1)), pair(1, 1, (1, 1)),
            ], tuned: "t", reference: "r", beta: 1, resamples: 200)
        #expect(report.groups[0].accuracy.value == 2.5 / 4)
        #expect(report.groups[0].accuracyPerToken.value == 1.5 / 4)
        #expect(report.groups[0].margin.value == 0.25)
    }

    @Test("the loss is −log σ of the margin, without overflow")
    func theLoss() {
        #expect(abs(PreferenceReport.logistic(0) - log(2)) < 1e-12)
        #expect(abs(PreferenceReport.logistic(2) - log(1 + exp(-2))) < 1e-12)
        #expect(PreferenceReport.logistic(-1e6) == 1e6)
        #expect(PreferenceReport.logistic(1e6) == 0)
    }

    @Test("groups are those of a field, after all pairs")
    func groups() {
        var (a, b) = (pair(1, 0, (1, 1)), pair(0, 1, (1, 1)))
        (a.group, b.group) = ("private", "fact")
        let report = PreferenceReport([a, b], tuned: "t", reference: "r", beta: 1, resamples: 100)
        #expect(report.groups.map(\.name) == ["all", "fact", "private"])
        #expect(report.groups.map(\.accuracy.value) == [0.5, 0, 1])
    }

    @Test("an end that only the tuned member has does not count")
    func anEndThatOnlyTheTunedMemberHasDoesNotCount() async throws {
        let loaded = try await LoadedRecipe(
            Recipe(
                yaml: """
                    members:
                      chat: llama/tiny.gguf
                      small: vocabularies/base.gguf
                    formula: 2 * chat - small
                    fallback: chat
                    engine: { gpu_layers: 0, threads: 1 }
                    context: 64
                    """, file: "r.yaml", folder: RepositoryFiles.path("Tests/Fixtures")))
        let engine = Engine(loaded.composite)
        let reward = try ImpliedReward(loaded, engine)
        let chat = [ChatMessage(role: "user", content: "the")]
        var (ended, open) = (try loaded.request(for: chat), try loaded.request(for: chat))
        let said = try loaded.response("and then", ended: false)
        let end = try #require(
            loaded.tunedModel.vocabulary.tokens.firstIndex { $0.bytes == Array("<|im_end|>".utf8) })
        (ended.kind, open.kind) = (.score(said + [end]), .score(said))
        let values = try await reward.values([ended, open])
        #expect(values[0].reward.isFinite)
        #expect(values[0] == values[1])
        #expect(values[0].tokens == said.count)
    }
}
