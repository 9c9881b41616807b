import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes
import TestSupport
import Testing

/// Members of one file that read different prompts, over the demo family.
@Suite struct MemberPromptTests {
    static let question = ChatMessage(
        role: "user", content: "What is the atomic number of lithium?")
    static let other = ChatMessage(role: "user", content: "Which element has the symbol Ne?")

    static func guidance() async throws -> LoadedRecipe {
        try await LoadedRecipe(
            Recipe(contentsOf: RepositoryFiles.path("Recipes/guidance.yaml")))
    }

    static func reply(
        _ loaded: LoadedRecipe, _ messages: [ChatMessage], _ prompts: [String: MemberPrompt] = [:],
        g: Double = 0.5, engine: Engine
    ) async throws -> Reply {
        var request = try loaded.request(for: messages, prompts: prompts)
        request.parameters = ["g": g]
        request.attributions = true
        request.maxTokens = 16
        return try await engine.generate(request).collect()
    }

    @Test("a member reads its own prompt, and the formula mixes what both say")
    func aMemberReadsItsOwnPromptAndTheFormulaMixesWhatBothSay() async throws {
        let loaded = try await Self.guidance()
        #expect(loaded.models[0].weights === loaded.models[1].weights)
        let reply = try await Self.reply(
            loaded, [Self.question], ["without": .chat([Self.other])], g: 0.2,
            engine: Engine(loaded.composite))
        let tokens = reply.tokens.map(\.id)
        #expect(tokens.count > 4)
        // What each prompt alone says about the same tokens, from a recipe of one member.
        let alone = try await LoadedRecipe(
            Recipe(contentsOf: RepositoryFiles.path("Recipes/atlas-large-chat.yaml")))
        let scorer = Engine(alone.composite)
        for (member, prompt) in [Self.question, Self.other].enumerated() {
            var request = try alone.request(for: [prompt])
            request.kind = .score(tokens)
            let scored = try await scorer.generate(request).collect()
            for (token, expected) in zip(reply.tokens, scored.tokens) {
                let said = try #require(token.attribution?.members[member])
                #expect(abs(said - expected.logProbability) < 0.05)
            }
        }
        let differences = reply.tokens.compactMap(\.attribution).compactMap { said -> Float? in
            guard let first = said.members[0], let second = said.members[1] else { return nil }
            return abs(first - second)
        }
        #expect(differences.max() ?? 0 > 0.5)
    }

    @Test("members that read the same say the same, whatever the weight")
    func membersThatReadTheSameSayTheSameWhateverTheWeight() async throws {
        let loaded = try await Self.guidance()
        let engine = Engine(loaded.composite)
        let plain = try await Self.reply(loaded, [Self.question], g: 0, engine: engine)
        let guided = try await Self.reply(
            loaded, [Self.question], ["without": .chat([Self.question])], g: 3, engine: engine)
        #expect(guided.text == plain.text && !plain.text.isEmpty)
    }

    @Test("a system message is replaced or left out for one member")
    func aSystemMessageIsReplacedOrLeftOutForOneMember() async throws {
        let loaded = try await Self.guidance()
        let chat = [ChatMessage(role: "system", content: "Be brief."), Self.question]
        let texts = try ["with", "without"].map { try loaded.text(of: chat, for: $0) }
        #expect(texts[0].contains("Be brief.") && !texts[1].contains("Be brief."))
        #expect(texts[1].contains("lithium"))
        let negative = try loaded.negative("Be rude.")
        #expect(negative == ["without": .system("Be rude.")])
        let text = try loaded.text(of: chat, for: "without", prompts: negative)
        #expect(text.contains("Be rude.") && !text.contains("Be brief."))
        #expect(try loaded.text(of: chat, for: "with", prompts: negative) == texts[0])
        let request = try loaded.request(for: chat)
        #expect(request.prompts.keys.sorted() == ["without"])
        #expect(request.prompts["without"]?.count ?? 0 < request.prompt.count)
    }

    @Test("names that no member has are refused") func namesThatNoMemberHasAreRefused() async throws
    {
        let loaded = try await Self.guidance()
        #expect(throws: RecipeError.self) {
            try loaded.request(for: [Self.question], prompts: ["wihtout": .system("")])
        }
        #expect(throws: RecipeError.self) {
            try loaded.request(continuing: "a", prompts: ["nobody": "b"])
        }
        let atlas = try await LoadedRecipe(
            Recipe(contentsOf: RepositoryFiles.path("Recipes/atlas.yaml")))
        #expect(throws: RecipeError.self) { try atlas.negative("x") }
        #expect(throws: RecipeError.self) {
            try Recipe(
                yaml: """
                    members: { a: a.gguf }
                    formula: a
                    negative_prompt: b
                    """, file: "r.yaml", folder: ".")
        }
    }

    @Test("raw prompts differ by member, too") func rawPromptsDifferByMemberToo() async throws {
        let loaded = try await Self.guidance()
        let request = try loaded.request(continuing: "one two", prompts: ["without": "three"])
        #expect(request.prompts["without"] == (try loaded.request(continuing: "three")).prompt)
        #expect(request.prompt == (try loaded.request(continuing: "one two")).prompt)
    }

    @Test("the form and the system message of a member are read from the file")
    func theFormAndTheSystemMessageOfAMemberAreReadFromTheFile() throws {
        let recipe = try Recipe(
            yaml: """
                members:
                  a: { file: a.gguf, prompt: { template: plain, system: Be kind. } }
                  b: { member: a, prompt: { system: "" } }
                  c: { member: a, prompt: raw }
                formula: a + b - c
                negative_prompt: c
                drafts: [lookup, member]
                engine: { threads: auto }
                """, file: "r.yaml", folder: ".")
        #expect(recipe.members.map(\.prompt) == [.plain, nil, .raw])
        #expect(recipe.members.map(\.system) == ["Be kind.", "", nil])
        #expect(recipe.negativePrompt == "c")
        #expect(recipe.defaults.drafts == [.lookup, .member])
        #expect(recipe.options.threads == nil)
        for text in ["prompt: { form: plain }", "prompt: [a]"] {
            #expect(throws: RecipeError.self) {
                try Recipe(
                    yaml: "members: { a: { file: a.gguf, \(text) } }\nformula: a", file: "r.yaml",
                    folder: ".")
            }
        }
        #expect(throws: RecipeError.self) {
            try Recipe(
                yaml: "members: { a: a.gguf }\nformula: a\ndrafts: chat", file: "r.yaml",
                folder: ".")
        }
    }
}
