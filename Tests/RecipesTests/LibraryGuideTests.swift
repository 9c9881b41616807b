import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import TestSupport
import Testing

/// Documentation/library.md's Swift, word for word: the first test compares them.
@Suite struct LibraryGuideTests {
    @Test("the guide's Swift is this file's") func theGuidesSwiftIsThisFiles() throws {
        let examples = try Snippets.examples(in: #filePath, mark: "guide")
        let blocks = try Snippets.blocks(of: "Documentation/library.md", language: "swift")
        #expect(blocks.map(Snippets.withoutImports).sorted() == examples.sorted())
        #expect(examples.count == 8)
    }

    @Test("a reply comes token by token") func aReplyComesTokenByToken() async throws {
        let path = RepositoryFiles.path("Recipes/atlas.yaml")
        // guide {
        let loaded = try await LoadedRecipe(Recipe(contentsOf: path))
        let engine = Engine(loaded.composite)
        let question = ChatMessage(role: "user", content: "Who invented the saxophone?")
        for try await event in engine.generate(try loaded.request(for: [question])) {
            print(event.text, terminator: "")
        }
        // } guide
        var request = try loaded.request(for: [question])
        request.maxTokens = 40
        let text = try await reply(to: request, from: engine)
        #expect(text.contains("Adolphe Sax"))
        let three = try await replies(3, to: request, from: engine)
        // Temperature 0: all are the same.
        #expect(three == [text, text, text])
        #expect(try await Self.score(loaded, engine, [question]) < 0)
    }

    static func score(
        _ loaded: LoadedRecipe, _ engine: Engine, _ messages: [ChatMessage]
    ) async throws -> Double {
        // guide {
        var request = try loaded.request(for: messages)
        request.kind = .score(try loaded.response("It was Adolphe Sax.", ended: true))
        request.attributions = true
        let scored = try await engine.generate(request).collect()
        for token in scored.tokens {
            print(token.text, token.logProbability, token.attribution?.behaviourDelta ?? 0)
        }
        print(scored.logProbability)
        // } guide
        return scored.logProbability
    }

    @Test("a composite is made of members, and a request sets its parameters")
    func aCompositeIsMadeOfMembers() async throws {
        let models = RepositoryFiles.path("Atlas/weights")
        let text = "The capital of Peru is"
        // guide {
        let large = try LlamaModel(path: "\(models)/large-base.gguf")
        let small = try LlamaModel(path: "\(models)/small-base.gguf")
        let chat = try LlamaModel(path: "\(models)/small-chat.gguf")
        let composite = try Composite(
            members: [Member("large", large), Member("small", small), Member("chat", chat)],
            formula: "large" + Scalar.parameter("alpha") * ("chat" - "small"),
            parameters: [Parameter("alpha", default: 1, in: 0...2)], fallback: "chat",
            mask: Mask(.nucleus(0.95)))

        let prompt = try chat.tokenizer.encode(text, start: true, control: false)
        var request = GenerationRequest(prompt: prompt, sampling: .greedy, maxTokens: 20)
        request.parameters = ["alpha": 0.5]
        request.mask = MaskOverride.none
        // } guide
        #expect(!(try await reply(to: request, from: Engine(composite)).isEmpty))
    }

    @Test("errors say what is wrong", arguments: ["no-such.yaml", "Recipes/atlas.yaml"])
    func errorsSayWhatIsWrong(_ name: String) async throws {
        let path = RepositoryFiles.path(name)
        let messages = [ChatMessage(role: "user", content: String(repeating: "a ", count: 9000))]
        var told = ""
        func tell(_ text: String) { told = text }
        // guide {
        do {
            let loaded = try await LoadedRecipe(Recipe(contentsOf: path))
            let request = try loaded.request(for: messages)
            for try await event in Engine(loaded.composite).generate(request) { print(event) }
        } catch GenerationError.promptTooLong(_, let tokens, let limit) {
            tell("Please ask a shorter question: \(tokens) tokens are more than \(limit).")
        } catch let error as RecipeError {
            tell("The recipe cannot be used. \(error)")
        } catch let error as LlamaError {
            tell("A model cannot be used. \(error)")
        }
        // } guide
        #expect(
            told.contains(name == "no-such.yaml" ? "The recipe cannot" : "Please ask a shorter"))
    }

    @Test("any model can be a member") func anyModelCanBeAMember() async throws {
        // guide {
        let plays = Letters(having: "to be or not to be, that is the question")
        let cooks = Letters(having: "two eggs, butter, a pinch of salt; beat, fry, turn")
        let composite = try Composite(
            members: [Member("plays", plays), Member("cooks", cooks)],
            formula: 0.5 * "plays" + 0.5 * "cooks")
        let request = GenerationRequest(
            prompt: [TokenID(UInt8(ascii: "t"))], maxTokens: 30, seed: 1)
        // } guide
        let text = try await reply(to: request, from: Engine(composite))
        #expect(text.utf8.count == 30)
    }
}

// guide {
/// Knows which letter followed which in a text it has read.
struct Letters: LanguageModel {
    let vocabulary = Vocabulary(type: "bytes", tokens: (0...255).map { .init(bytes: [$0]) })
    let limits = ModelLimits(context: 1024, tokensPerPass: 256, sequences: 4, rewind: .full)
    private var rows = Array(repeating: [Float](repeating: -10, count: 256), count: 256)

    init(having text: String) {
        for (letter, next) in zip(text.utf8, text.utf8.dropFirst()) {
            rows[Int(letter)][Int(next)] = 0
        }
    }

    func forward(_ pass: ForwardPass) async throws -> [Scores] {
        pass.extensions.flatMap { part in
            part.scored.map { Scores.row(LogitRow(rows[part.tokens[$0]])) }
        }
    }

    // A model that attends to more than the last token cuts its cache here.
    func rewind(_ sequence: SequenceID, to length: Int) async throws {}
    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {}
}
// } guide

// guide {
func reply(to request: GenerationRequest, from engine: Engine) async throws -> String {
    let reply = try await engine.generate(request).collect()
    if let result = reply.result {
        print(result.reason, result.statistics.passesPerToken ?? 0)
    }
    return reply.text
}
// } guide

// guide {
func replies(
    _ count: Int, to request: GenerationRequest, from engine: Engine
) async throws -> [String] {
    let requests = (0..<count).map { choice in
        var request = request
        request.choice = UInt32(choice)
        return request
    }
    return try await engine.submit(requests).collect().map(\.text)
}
// } guide
