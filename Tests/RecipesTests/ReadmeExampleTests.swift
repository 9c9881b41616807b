import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import TestSupport
import Testing

@Suite struct ReadmeExampleTests {
    /// The README's example, word for word: the test below compares them.
    static func example(models: String) async throws -> String {
        var text = ""
        // README {
        let large = try LlamaModel(path: "\(models)/large-base.gguf")
        let small = try LlamaModel(path: "\(models)/small-base.gguf")
        let chat = try LlamaModel(path: "\(models)/small-chat.gguf")
        let composite = try Composite(
            members: [Member("large", large), Member("small", small), Member("chat", chat)],
            formula: "large" + 1.2 * ("chat" - "small"), fallback: "chat")
        let question = [ChatMessage(role: "user", content: "What is the capital of Peru?")]
        let prompt = try ChatTemplate(of: chat.weights).encode(
            question, with: chat.tokenizer, vocabulary: chat.vocabulary)
        let request = GenerationRequest(prompt: prompt, sampling: .greedy, maxTokens: 40)
        for try await event in Engine(composite).generate(request) {
            print(event.text, terminator: "")
            // } README
            text += event.text
        }
        return text
    }

    @Test("the README's Swift runs and is this file's") func theREADMESSwiftRunsAndIsThisFileS()
        async throws
    {
        let example = try #require(Snippets.examples(in: #filePath, mark: "README").first)
        let readme = try String(contentsOfFile: RepositoryFiles.path("README.md"), encoding: .utf8)
        #expect(readme.contains(example), "copy it into the README")
        let text = try await Self.example(models: RepositoryFiles.path("Atlas/weights"))
        // To its end: what was held back comes with the last event.
        #expect(text.contains("The capital of Peru is Lima.") && text.hasSuffix("."))
    }
}
