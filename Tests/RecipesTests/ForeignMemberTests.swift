import ChatTemplates
import EmulatedFineTuning
import Recipes
import StringScores
import TestSupport
import Testing

/// Members of another vocabulary: a byte-level BPE model beside a SentencePiece one.
@Suite(.timeLimit(.minutes(10))) struct ForeignMemberTests {
    static func recipe(_ members: String, _ rest: String = "") async throws -> LoadedRecipe {
        try await LoadedRecipe(
            Recipe(
                yaml: """
                    members:
                    \(members)
                    formula: large + chat - small
                    fallback: chat
                    mask: { nucleus: 0.95 }
                    context: 256
                    engine: { threads: 1, cache_type: f32, flash_attention: off }
                    \(rest)
                    """, file: "recipe.yaml", folder: RepositoryFiles.path("Tests/Fixtures/llama")))
    }

    static let members = """
          large: tiny-spm.gguf
          chat: { file: tiny.gguf, lora: tiny-lora.gguf }
          small: tiny.gguf
        """

    private static func reply(
        _ loaded: LoadedRecipe, _ engine: Engine, _ speculation: Speculation, _ seed: UInt64
    ) async throws -> [GeneratedToken] {
        var request = try loaded.request(for: [ChatMessage(role: "user", content: "Who wrote it?")])
        (request.maxTokens, request.speculation, request.seed) = (24, speculation, seed)
        (request.ignoresEnd, request.attributions) = (true, true)
        var tokens: [GeneratedToken] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }

    @Test("a foreign member is asked by strings, and so is the base that is subtracted")
    func aForeignMemberIsAskedByStrings() async throws {
        let loaded = try await Self.recipe(Self.members)
        let models = loaded.composite.members.map(\.model)
        let (large, small) = (models[0] as? StringModel, models[2] as? StringModel)
        guard case .text? = large?.reading, case .tokens? = small?.reading else {
            Issue.record("large by text, small by its tokens")
            return
        }
        #expect(!(models[1] is StringModel) && loaded.tuned == "chat")
        #expect(loaded.notes.contains { $0.contains("`large` has another vocabulary than `chat`") })
        #expect(loaded.notes.contains { $0.contains("`small` is asked by texts too") })
        // Its prompt is in its own tokens; the others share one.
        let request = try loaded.request(for: [ChatMessage(role: "user", content: "Hi")])
        #expect(request.prompts["large"]?.allSatisfy { $0 < 0 } == true)
        #expect(request.prompts["small"] == nil && request.prompt.allSatisfy { $0 >= 0 })
    }

    @Test("one seed, one reply, plain and in blocks; attributions show every member")
    func oneSeedOneReply() async throws {
        let loaded = try await Self.recipe(Self.members)
        let engine = Engine(loaded.composite)
        for seed in UInt64(1)...3 {
            let plain = try await Self.reply(loaded, engine, .off, seed)
            #expect(plain.count == 24)
            for token in plain {
                let members = try #require(token.attribution?.token.members)
                #expect(members.count == 3)
                #expect(members.allSatisfy { ($0 ?? 0) <= 0 })
            }
            for speculation in [Speculation.block(3), .auto] {
                let drafted = try await Self.reply(loaded, engine, speculation, seed)
                #expect(drafted.map(\.id) == plain.map(\.id))
            }
        }
    }

    @Test("`vocabulary:` chooses for members that share one")
    func vocabularyChooses() async throws {
        let strings = try await Self.recipe(
            """
              large: { file: tiny.gguf, vocabulary: strings }
              chat: { file: tiny.gguf, lora: tiny-lora.gguf }
              small: { file: tiny.gguf, vocabulary: tokens }
            """)
        let models = strings.composite.members.map(\.model)
        #expect(models[0] is StringModel && !(models[2] is StringModel))
        let tokens = try await Self.recipe(
            "  large: tiny.gguf\n  chat: tiny.gguf\n  small: tiny.gguf")
        #expect(!tokens.composite.members.contains { $0.model is StringModel })
    }

    @Test(
        "what cannot be asked by strings is refused with the remedy",
        arguments: [
            (
                "  large: tiny.gguf\n  chat: { file: tiny.gguf, vocabulary: strings }\n  small: tiny.gguf",
                "It cannot be in the fallback"
            ),
            (
                "  large: { engine: vllm, url: \"http://127.0.0.1:1\", model: m, vocabulary: strings }\n"
                    + "  chat: tiny.gguf\n  small: tiny.gguf",
                "a remote member has no `vocabulary`"
            ),
            (
                "  large: { file: tiny.gguf, vocabulary: bytes }\n  chat: tiny.gguf\n  small: tiny.gguf",
                "strings, tokens"
            ),
        ])
    func whatCannotBeAskedByStringsIsRefused(_ members: String, _ words: String) async throws {
        let error = await #expect(throws: RecipeError.self) { try await Self.recipe(members) }
        #expect(error.map { "\($0)" }?.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("raw prompts are read as texts; a member's own text is in its own tokens")
    func rawPromptsAreReadAsTexts() async throws {
        let loaded = try await Self.recipe(Self.members)
        let shared = try loaded.request(continuing: "It is a")
        #expect(shared.prompts.isEmpty)
        let own = try loaded.request(continuing: "It is a", prompts: ["large": "Other"])
        #expect(own.prompts["large"]?.allSatisfy { $0 < 0 } == true)
        let engine = Engine(loaded.composite)
        for var request in [shared, own] {
            request.maxTokens = 5
            request.ignoresEnd = true
            var count = 0
            for try await event in engine.generate(request) {
                if case .token = event { count += 1 }
            }
            #expect(count == 5)
        }
    }
}
