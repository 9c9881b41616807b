import Foundation
import TestSupport
import Testing

/// What every command says about files that libllama warns of.
@Suite struct NotesTests {
    static let warned = "Tests/Fixtures/vocabularies/warned.gguf"

    static let runs: [[String]] = [
        ["inspect"], ["generate", "--raw", "--max-tokens", "1", "the hen"],
        ["score", "--prompt", "the", "--response", "hen"], ["chat"],
        ["compare", "--max-tokens", "1", "the hen"],
    ]

    @Test("every command says once what libllama warned about", arguments: runs)
    func everyCommandSaysOnceWhatLibllamaWarnedAbout(run: [String]) throws {
        let members = ["--member", "a=\(Self.warned)", "--member", "b=\(Self.warned)"]
        let outcome = try Tool.run(
            [run[0]] + members + ["--formula", "a + b - a", "--fallback", "b", "--context", "64"]
                + run.dropFirst())
        #expect(outcome.code == 0, "\(outcome.errors)")
        // `inspect` is all about this; the others keep it apart from replies.
        let text = run[0] == "inspect" ? outcome.output : outcome.errors
        for note in [
            "`a` and `b` (warned.gguf): the file does not say how text is cut into tokens",
            "`a` and `b` (warned.gguf): `tokenizer.ggml.bos_token_id` is 99999",
            "`a` and `b` (warned.gguf): the file calls `<|im_end|>` ordinary text",
            "`b` (warned.gguf): the file calls the chat marks `<|im_start|>` ordinary text",
        ] {
            #expect(text.components(separatedBy: note).count == 2, "\(text)")
        }
    }

    @Test("nothing is said of files without faults, and no progress where nobody watches")
    func nothingIsSaidOfFilesWithoutFaults() throws {
        let outcome = try Tool.run(
            ["generate", "Recipes/atlas.yaml", "--max-tokens", "1", "--seed", "1", "Hello"])
        #expect(outcome.code == 0)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.filter { !$0.contains("the reply was cut at 1 tokens") } == [])
    }

    @Test("a renamed mark is spoken of in one line") func aRenamedMarkIsSpokenOfInOneLine() throws {
        let folder = "Tests/Fixtures/vocabularies"
        let outcome = try Tool.run([
            "inspect", "--member", "large=Tests/Fixtures/llama/tiny.gguf", "--member",
            "small=Tests/Fixtures/llama/tiny.gguf", "--member", "chat=\(folder)/renamed.gguf",
            "--formula", "large + chat - small", "--fallback", "chat", "--context", "64",
        ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("but for padding, added tokens or renamed marks"))
        let lines = outcome.output.split(separator: "\n").filter { $0.contains("265") }
        #expect(lines.count == 1)
        #expect(lines[0].contains("token 265 is `<|im_start|>` instead of `<｜User｜>`"))
    }
}
