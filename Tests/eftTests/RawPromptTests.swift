import Foundation
import TestSupport
import Testing

/// `--raw`: the prompt is what was written, mark for mark and line break for line break.
@Suite struct RawPromptTests {
    static let question = "Who invented the saxophone?"
    static let marked =
        "<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n"

    /// A line of `--json`, and what was said on standard error.
    private static func generate(
        _ arguments: [String], input: String = ""
    ) throws -> (prompt: String, promptTokens: Int, reply: String, errors: String) {
        let outcome = try Tool.run(
            ["generate"] + arguments + ["--max-tokens", "1", "--temperature", "0", "--json"],
            input: Data(input.utf8))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let object =
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let statistics = try #require(object?["statistics"] as? [String: Any])
        return (
            try #require(object?["prompt"] as? String),
            try #require(statistics["prompt_tokens"] as? Int),
            try #require(object?["reply"] as? String), outcome.errors
        )
    }

    @Test("marks of a raw prompt are control tokens: it is the chat that it spells")
    func marksOfARawPromptAreControlTokens() throws {
        let recipe = "Recipes/atlas-small-chat.yaml"
        let chat = try Self.generate([recipe, Self.question])
        let raw = try Self.generate([recipe, "--raw", Self.marked])
        #expect(chat.promptTokens == 17)
        #expect(raw.promptTokens == 17)
        #expect(raw.reply == chat.reply)
        let spelled = try Self.generate([recipe, "--raw", "--no-parse-special", Self.marked])
        #expect(spelled.promptTokens == 37)
    }

    @Test("a scored response follows the same raw prompt")
    func aScoredResponseFollowsTheSameRawPrompt() throws {
        func score(_ arguments: [String]) throws -> [Double] {
            let outcome = try Tool.run(
                ["score", "Recipes/atlas-small-chat.yaml", "--response", "Adolphe Sax", "--json"]
                    + arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let object =
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            let tokens = try #require(object?["tokens"] as? [[String: Any]])
            return tokens.compactMap { $0["logprob"] as? Double }
        }
        let chat = try score(["--open", "--prompt", Self.question])
        #expect(!chat.isEmpty)
        #expect(try score(["--raw", "--prompt", Self.marked]) == chat)
        #expect(try score(["--raw", "--no-parse-special", "--prompt", Self.marked]) != chat)
        // A response is what a model said, and may not end its turn.
        let outcome = try Tool.run([
            "score", "Recipes/atlas-small-chat.yaml", "--raw", "--prompt", Self.marked,
            "--response", "<|im_end|>", "--json",
        ])
        #expect(!outcome.output.contains(#""text":"<|im_end|>""#), "\(outcome.output)")
    }

    static let tiny = ["--member", "a=Tests/Fixtures/llama/tiny.gguf", "--formula", "a"]

    @Test("nothing is cut from a raw prompt, wherever it comes from")
    func nothingIsCutFromARawPromptWhereverItComesFrom() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "raw-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        for prompt in ["the\n", "the\r\n", "\n", " the \n\n", "the"] {
            let argument = try Self.generate(Self.tiny + ["--raw", prompt])
            let input = try Self.generate(Self.tiny + ["--raw"], input: prompt)
            try JSONSerialization.data(withJSONObject: ["prompt": prompt]).write(to: file)
            let line = try Self.generate(Self.tiny + ["--raw", "--prompts", file.path])
            for found in [argument, input, line] {
                #expect(found.prompt.utf8.elementsEqual(prompt.utf8))
                #expect(found.promptTokens == argument.promptTokens)
            }
        }
        // A message is typed at a terminal, and is ended by Return.
        #expect(try Self.generate(Self.tiny, input: "the\n").prompt == "the")
    }

    @Test("a start token is added once, and a second one is pointed out")
    func aStartTokenIsAddedOnceAndASecondOneIsPointedOut() throws {
        let pieces = ["--member", "a=Tests/Fixtures/llama/tiny-spm.gguf", "--formula", "a"]
        let plain = try Self.generate(pieces + ["--raw", "the"])
        let bare = try Self.generate(pieces + ["--raw", "--no-bos", "the"])
        #expect(plain.promptTokens == bare.promptTokens + 1)
        let own = try Self.generate(pieces + ["--raw", "--no-bos", "<s>the"])
        #expect(own.promptTokens == plain.promptTokens)
        #expect(!own.errors.contains("start tokens"))
        let twice = try Self.generate(pieces + ["--raw", "<s>the"])
        #expect(twice.promptTokens == plain.promptTokens + 1)
        #expect(
            twice.errors.contains(
                "the prompt begins with two start tokens: its own `<s>`, and the one that the "
                    + "model always gets. Leave it out, or give --no-bos"))
    }
}
