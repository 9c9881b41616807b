import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes
import TestSupport
import Testing

/// Recipes over the tiny random-weight models of Tests/Fixtures/vocabularies: one family, whose
/// vocabularies are not quite the same.
@Suite struct VocabularyFilesTests {
    static func recipe(
        _ base: String, chat: String = "../llama/tiny.gguf"
    ) async throws -> LoadedRecipe {
        let folder = RepositoryFiles.path("Tests/Fixtures/vocabularies")
        return try await LoadedRecipe(
            Recipe(
                yaml: """
                    members: { large: \(base), small: \(base), chat: \(chat) }
                    formula: large + 1.5 * (chat - small)
                    fallback: chat
                    context: 128
                    engine: { gpu_layers: 0, threads: 1 }
                    """, file: "r.yaml", folder: folder))
    }

    static let hello = [ChatMessage(role: "user", content: "the hen")]

    func reply(_ engine: Engine, _ request: GenerationRequest) async throws -> [GeneratedToken] {
        var tokens: [GeneratedToken] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }

    @Test(
        "members of one family decode together",
        arguments: [
            ("padded.gguf", 0, "padding that the other members do not have"),
            ("base.gguf", 2, "does not have the tokens `<|im_start|>`, `<|im_end|>`. It reads"),
            ("reserved.gguf", 2, "only the fallback decides when such a token is produced"),
        ])
    func membersOfOneFamilyDecodeTogether(base: String, lacking: Int, note: String) async throws {
        let loaded = try await Self.recipe(base)
        #expect(loaded.composite.vocabulary.count == 267)
        #expect(loaded.composite.alignments.map(\.missing.count) == [lacking, lacking, 0])
        #expect(loaded.notes.contains { $0.contains(note) })
        var request = try loaded.request(for: Self.hello)
        #expect(request.prompt.contains(265))
        request.maxTokens = 40
        request.ignoresEnd = true
        request.speculation = .off
        let plain = try await reply(Engine(loaded.composite), request).map(\.id)
        #expect(plain.count == 40 || lacking > 0)
        #expect(plain.allSatisfy { $0 < 267 })
        request.speculation = .block(3)
        // F32 weights: no batch width changes a row by more than rounding.
        let again = Engine(try await Self.recipe(base).composite)
        #expect(try await reply(again, request).map(\.id) == plain)
    }

    @Test("the end of a turn is as likely as the tuned member alone says")
    func theEndOfATurnIsAsLikelyAsTheTunedMemberAloneSays() async throws {
        for base in ["base.gguf", "reserved.gguf"] {
            let loaded = try await Self.recipe(base)
            var request = try loaded.request(for: Self.hello)
            request.maxTokens = 1
            request.reportedTokens = [266]
            let engine = Engine(loaded.composite)
            var ends: [Float] = []
            for formula in [nil, Formula.member("chat")] {
                request.formula = formula
                ends += try await reply(engine, request).map { $0.top[0].logProbability }
            }
            #expect(ends.count == 2)
            #expect(abs(ends[0] - ends[1]) < 1e-4)
        }
    }

    @Test("marks that the tuned member has renamed are its own, and the note says which")
    func marksThatTheTunedMemberHasRenamedAreItsOwn() async throws {
        let loaded = try await Self.recipe("../llama/tiny.gguf", chat: "renamed.gguf")
        let composite = loaded.composite
        #expect(composite.alignments.map(\.missing) == [[264, 265, 266], [264, 265, 266], []])
        #expect(composite.fallbackTokens == [264, 265, 266])
        #expect(composite.vocabulary.display(264) == "<｜end▁of▁sentence｜>")
        #expect(composite.endsOfGeneration == [264])
        #expect(
            loaded.notes.filter { $0.contains("other names for") } == [
                "`large` and `small` have other names for 3 marks: token 264 is `<|endoftext|>` "
                    + "instead of `<｜end▁of▁sentence｜>`; token 265 is `<|im_start|>` instead of "
                    + "`<｜User｜>`; token 266 is `<|im_end|>` instead of `</think>`. The tuned "
                    + "member's names are used. The others read the marks' texts instead, and only "
                    + "the fallback decides when the marks are produced."
            ])
        #expect(!loaded.notes.contains { $0.contains("does not have") })
        var request = try loaded.request(continuing: "the hen")
        request.prompt += [265, 266]
        request.maxTokens = 30
        request.reportedTokens = [264]
        let engine = Engine(loaded.composite)
        var replies: [[TokenID]] = []
        for speculation in [Speculation.off, .block(3)] {
            request.speculation = speculation
            replies.append(try await reply(engine, request).map(\.id))
        }
        #expect(replies[0] == replies[1])
    }

    @Test("tokens at other ids are another vocabulary, and the message says where they are")
    func tokensAtOtherIdsAreAnotherVocabulary() async {
        let error = await #expect(throws: RecipeError.self) {
            try await Self.recipe("moved.gguf")
        }
        #expect(
            error?.description.contains(
                "they differ first at id 265 (`<|im_start|>` control against `<|im_end|>` "
                    + "control); `<|im_start|>` has the id 266 there") == true)
    }
}
