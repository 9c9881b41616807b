import EmulatedFineTuning
import Foundation
import LlamaBackend
import TestSupport
import Testing

@testable import StringScores

/// The trunk of a growing text on the tokenizers of real models.
@Suite(.serialized) struct RealTrunkTests {
    /// A real tokenizer: a file that llama.cpp's source carries, or a model that `make models` fetches.
    struct Family: CustomTestStringConvertible {
        var name: String
        var path: String

        var testDescription: String { name }

        /// One architecture of each vocabulary.
        static let carried: [Family] = Dictionary(
            grouping: Architecture.withRealVocabulary, by: { $0.realVocabulary ?? "" }
        ).sorted { $0.key < $1.key }.compactMap { vocabulary, architectures in
            (try? architectures.first?.path).map { Family(name: vocabulary, path: $0) }
        }
        static let all = carried + fetched
        static let fetched: [Family] = ["smollm2-135m", "gemma3-270m"]
            .map { Family(name: $0, path: RepositoryFiles.path(".models/\($0).gguf")) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// 400 texts of each tokenizer in a usual run; TRUNK_TEXTS names another number.
    private static let texts =
        ProcessInfo.processInfo.environment["TRUNK_TEXTS"].flatMap(Int.init) ?? 400

    /// Files that people wrote and that hardly change: prose, questions, Python, several scripts.
    private static func files() throws -> [[UInt8]] {
        try [
            "LICENSE", "Studies/qwen-coder/data/maths.jsonl", "Atlas/eval/facts.jsonl",
            "Studies/qwen-coder/data/humaneval.jsonl", "Benchmarks/copying.jsonl",
            "Tests/models/texts.py",
        ].map {
            Array(try #require(FileManager.default.contents(atPath: RepositoryFiles.path($0))))
        }
    }

    /// A text at random, or a piece of a file with a random text in it.
    private static func text(_ random: inout SeededRandom, _ files: [[UInt8]]) -> [UInt8] {
        let made = RandomText.make(&random, parts: 1...12)
        guard let file = files.randomElement(using: &random), Bool.random(using: &random) else {
            return made
        }
        let start = Int.random(in: 0..<(file.count - 100), using: &random)
        let length = Int.random(in: 1...80, using: &random)
        // Whole characters.
        var piece = Array(file[start..<(start + length)].drop { $0 & 0xc0 == 0x80 })
        while let last = piece.lastIndex(where: { $0 & 0xc0 != 0x80 }), piece[last] >= 0xc0 {
            piece.removeSubrange(last...)
        }
        return Int.random(in: 0..<4, using: &random) == 0 ? piece + made : piece
    }

    @Test(
        "the trunk is what the final tokens begin with, and the held bytes are the others",
        .enabled(if: !Family.all.isEmpty, "a system's llama.cpp brings no vocabularies"),
        arguments: Family.all)
    func theTrunkIsWhatTheFinalTokensBeginWith(_ family: Family) throws {
        let weights = try LlamaWeights(path: family.path)
        var made: StringVocabulary?
        let took = try ContinuousClock().measure {
            made = try StringVocabulary(weights.vocabulary, tokenizer: weights.tokenizer)
        }
        let strings = try #require(made)
        let canonical = strings.canonical
        let files = try Self.files()
        var random = SeededRandom(41)
        var (wrong, forced, held, steps) = (0, 0, 0, 0)
        for _ in 0..<Self.texts {
            let text = Self.text(&random, files)
            var trunk = Trunk(canonical)
            while trunk.text.count < text.count {
                let more = Int.random(in: 1...12, using: &random)
                try trunk.extend(text[trunk.text.count...].prefix(more))
                held += trunk.held.count
                steps += 1
                if Int.random(in: 0..<16, using: &random) == 0 {
                    trunk.rewind(to: Int.random(in: 0...trunk.text.count, using: &random))
                }
            }
            let final = canonical.encode(text)
            let rest = canonical.tokens(of: trunk.held[...])?.map(Int.init) ?? []
            var fresh = Trunk(canonical)
            try fresh.extend(text)
            let isRight =
                final == trunk.tokens + rest && fresh.tokens == trunk.tokens
                && fresh.held == trunk.held
            wrong += isRight ? 0 : 1
            forced += trunk.forcedCuts
            #expect(isRight, "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
        #expect(forced == 0)
        print(
            "trunk, \(family.name): \(wrong) of \(Self.texts) texts wrong; held back",
            Double(held * 100 / max(1, steps)) / 100, "bytes on average;",
            "\(weights.vocabulary.tokens.count) tokens put in order in \(took),",
            "\(strings.unreachable) of them never written")
    }
}
