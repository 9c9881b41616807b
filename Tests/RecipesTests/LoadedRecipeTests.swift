import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes
import TestSupport
import Testing

/// Recipes over the tiny random-weight models of Tests/Fixtures/llama.
@Suite struct LoadedRecipeTests {
    static func recipe(_ yaml: String) async throws -> LoadedRecipe {
        try await LoadedRecipe(
            Recipe(
                yaml: yaml, file: "r.yaml", folder: RepositoryFiles.path("Tests/Fixtures/llama")))
    }

    static let up = """
        members: { large: tiny.gguf, small: tiny-split-00001-of-00002.gguf, chat: tiny.gguf }
        formula: large + chat - small
        fallback: chat
        context: 128
        """

    @Test("a recipe generates, and the same seed gives the same reply")
    func aRecipeGeneratesAndTheSameSeedGivesTheSameReply() async throws {
        let loaded = try await Self.recipe(Self.up)
        let engine = Engine(loaded.composite)
        var request = try loaded.request(for: [ChatMessage(role: "user", content: "Hello")])
        request.maxTokens = 12
        request.seed = 7
        let first = try await tokens(engine, request)
        let again = try await tokens(Engine(try await Self.recipe(Self.up).composite), request)
        #expect(!first.isEmpty)
        #expect(first == again)
    }

    @Test("one file under two names is loaded once") func oneFileUnderTwoNamesIsLoadedOnce()
        async throws
    {
        let loaded = try await Self.recipe(Self.up)
        #expect(loaded.models[0].weights === loaded.models[2].weights)
        #expect(loaded.models[0].weights !== loaded.models[1].weights)
    }

    @Test("a member of an adapter shares the other's weights and differs from it")
    func aMemberOfAnAdapterSharesTheOtherSWeightsAndDiffersFromIt()
        async throws
    {
        let loaded = try await Self.recipe(
            """
            members: { small: tiny.gguf, chat: { member: small, lora: tiny-lora.gguf } }
            formula: chat
            fallback: chat
            context: 64
            """)
        #expect(loaded.models[0].weights === loaded.models[1].weights)
        let engine = Engine(loaded.composite)
        var request = try loaded.request(continuing: "a")
        request.kind = .score([10, 20, 30])
        request.attributions = true
        var attributions: [Attribution] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event, let attribution = token.attribution {
                attributions.append(attribution)
            }
        }
        #expect(attributions.count == 3)
        #expect(attributions.allSatisfy { $0.members[0] != $0.members[1] })
    }

    @Test("a fallback that is left out is inferred and announced")
    func aFallbackThatIsLeftOutIsInferredAndAnnounced() async throws {
        let loaded = try await Self.recipe(
            """
            members: { large: tiny-spm.gguf, chat: tiny-spm.gguf }
            formula: large
            """)
        #expect(loaded.composite.fallback == nil)
        #expect(loaded.notes.contains { $0.hasPrefix("There is no fallback") })
        let inferred = try await Self.recipe(
            "members: { large: tiny.gguf, small: tiny.gguf }\nformula: 2 * large - small")
        #expect(inferred.composite.fallback == .member("large"))
        #expect(inferred.notes.first?.hasPrefix("The fallback is `large`") == true)
    }

    @Test("members of different families need a mask, or are refused, naming the first difference")
    func membersOfDifferentFamiliesNeedAMask() async {
        let error = await #expect(throws: RecipeError.self) {
            try await Self.recipe("members: { a: tiny.gguf, b: tiny-spm.gguf }\nformula: a + b - a")
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(
            text.contains("`a` has another vocabulary than `b` (their tokenizers differ in type"))
        #expect(text.contains("add `mask: { nucleus: 0.95 }`, and `fallback: b`"))
        let asTokens = await #expect(throws: CompositeError.self) {
            try await Self.recipe(
                """
                members: { a: { file: tiny.gguf, vocabulary: tokens }, b: tiny-spm.gguf }
                formula: a + b - a
                """)
        }
        #expect(asTokens.map { "\($0)" }?.contains("`a` and `b` do not, their tokenizers") == true)
    }

    @Test("a model without a template gets plain transcripts, and a note")
    func aModelWithoutATemplateGetsPlainTranscriptsAndANote() async throws {
        let loaded = try await Self.recipe("members: { a: tiny-spm.gguf }\nformula: a")
        #expect(loaded.notes.contains { $0.contains("has no chat template") })
        let request = try loaded.request(for: [ChatMessage(role: "user", content: "Hi")])
        #expect(request.stop.contains("\n\nUser:"))
    }

    @Test("every member may see its own form of the prompt")
    func everyMemberMaySeeItsOwnFormOfThePrompt() async throws {
        let loaded = try await Self.recipe(
            """
            members: { large: { file: tiny.gguf, prompt: plain }, chat: tiny.gguf }
            formula: large + chat - large
            fallback: chat
            """)
        let request = try loaded.request(for: [ChatMessage(role: "user", content: "Hi")])
        #expect(request.prompts.keys.sorted() == ["large"])
        #expect(request.prompts["large"] != request.prompt)
    }

    @Test("a system message of the recipe comes first, unless the chat has one")
    func aSystemMessageOfTheRecipeComesFirstUnlessTheChatHasOne() async throws {
        let loaded = try await Self.recipe(
            """
            members: { a: tiny.gguf }
            formula: a
            prompt: { system: Be kind. }
            """)
        let user = ChatMessage(role: "user", content: "Hi")
        let own = ChatMessage(role: "system", content: "Be kind.")
        #expect(try loaded.request(for: [user]).prompt == loaded.request(for: [own, user]).prompt)
    }

    private func tokens(_ engine: Engine, _ request: GenerationRequest) async throws -> [TokenID] {
        var tokens: [TokenID] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token.id) }
        }
        return tokens
    }
}
