import EmulatedFineTuning
import StringScores
import TestSupport

/// Two tokenizers of random merges over the same letters, and models of both.
///
/// The last two tokens of each vocabulary are marks: an end of text and a start of turns.
struct TwoFamilies {
    let shared: ToyTokenizer
    let foreign: ToyTokenizer
    let seed: UInt64
    let foreignTable: EmulatedFineTuningTable

    typealias EmulatedFineTuningTable = TestSupport.TableModel

    static let alphabet = Array("ab c".utf8)
    static let limits = ModelLimits(
        context: 256, cells: 2048, tokensPerPass: 64, sequences: 12, rewind: .full)

    /// - Parameter letters: of the shared vocabulary; the foreign one has those of ``alphabet``.
    init(seed: UInt64, letters: [UInt8] = alphabet) {
        self.seed = seed
        var random = SeededRandom(seed &* 977 &+ 5)
        shared = ToyTokenizer.random(&random, alphabet: letters, merges: 6, longest: 4)
        foreign = ToyTokenizer.random(&random, alphabet: Self.alphabet, merges: 8, longest: 4)
        foreignTable = Self.table(foreign, seed: seed &+ 11)
    }

    /// Tokens that are texts.
    var sharedTokens: [TokenID] { Array(shared.texts.indices) }

    static func vocabulary(_ tokenizer: ToyTokenizer) -> Vocabulary {
        let texts = tokenizer.texts.map { Vocabulary.Token(bytes: $0 ?? []) }
        let end = texts.count
        return Vocabulary(
            type: "BPE",
            tokens: texts
                + ["ab ba", "ca ac"].map { .init(bytes: Array($0.utf8), kind: .control) },
            endOfText: end, endsOfGeneration: [end])
    }

    static func table(
        _ tokenizer: ToyTokenizer, seed: UInt64, sequences: Int = limits.sequences
    ) -> TestSupport.TableModel {
        var limits = limits
        limits.sequences = sequences
        let vocabulary = vocabulary(tokenizer)
        return TestSupport.TableModel(vocabulary: vocabulary, limits: limits) { tokens in
            RandomTable(vocabularyCount: vocabulary.count, seed: seed)
                .logits(after: tokens.map { Int32($0) })
        }
    }

    /// The table as a member that is asked by strings.
    func foreign(_ limits: BranchLimits) throws -> StringModel {
        let strings = try StringVocabulary(Self.vocabulary(foreign), tokenizer: ToyText(foreign))
        return try StringModel(
            foreignTable, reading: .text(strings), as: Self.vocabulary(shared), branches: limits)
    }

    /// A base of the shared vocabulary, asked by strings too.
    func base(seed: UInt64) throws -> StringModel {
        let strings = try StringVocabulary(Self.vocabulary(shared), tokenizer: ToyText(shared))
        return try StringModel(
            Self.table(shared, seed: seed), reading: .tokens(strings),
            as: Self.vocabulary(shared))
    }

    /// The probabilities of texts, by trying all token sequences after the start of a text.
    var exhaustive: Exhaustive {
        let vocabulary = Self.vocabulary(foreign)
        let reachable = Canonical.reachable(foreign.texts, encode: foreign.encode)
        return Exhaustive(
            foreign, texts: reachable,
            RandomTable(vocabularyCount: vocabulary.count, seed: seed &+ 11),
            trunk: [Int32(vocabulary.endOfText ?? 0)], continuations: Probes.standard.all,
            everyLastToken: false)
    }
}

/// A toy tokenizer as the engine's.
struct ToyText: Tokenizer {
    let toy: ToyTokenizer

    init(_ toy: ToyTokenizer) { self.toy = toy }

    func encode(_ text: String, start: Bool, control: Bool) -> [TokenID] {
        toy.encode(Array(text.utf8))
    }
}

extension BranchLimits {
    /// Every branch, and last tokens that are canonical only.
    static let everything = BranchLimits(
        branches: .max, depth: .max, floor: 0, followers: .max, lastTokens: .canonical)
}
