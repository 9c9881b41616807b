import EmulatedFineTuning
import LlamaBackend
import StringScores

/// Model files that recipes have in common, each loaded once.
///
/// A file is shared by all members, of one recipe or of several, whose options are equal.
public final class SharedWeights {
    private var loaded: [(options: LlamaOptions, weights: LlamaWeights)] = []
    /// By the file of a member that has the vocabulary.
    private var strings: [String: StringVocabulary] = [:]

    public init() {}

    /// A file's weights: those loaded before, or loaded now.
    ///
    /// - Parameter progress: called while the file is read, with the share that is there.
    /// - Throws: `LlamaError`.
    func weights(
        path: String, options: LlamaOptions, progress: (@Sendable (Double) -> Void)? = nil
    ) throws(LlamaError) -> LlamaWeights {
        if let entry = loaded.first(where: { $0.weights.path == path && $0.options == options }) {
            return entry.weights
        }
        let weights = try LlamaWeights(path: path, options: options, progress: progress)
        loaded.append((options, weights))
        return weights
    }

    /// A vocabulary as strings: made before, or made now.
    ///
    /// - Throws: `StringScoreError`.
    func strings(of weights: LlamaWeights) throws -> StringVocabulary {
        let vocabulary = weights.vocabulary
        let known = strings.values.first { known in
            known.vocabulary.fingerprint == vocabulary.fingerprint
                && known.vocabulary.preTokenizer == vocabulary.preTokenizer
                && known.vocabulary.beginning == vocabulary.beginning
                && known.vocabulary.endOfText == vocabulary.endOfText
        }
        if let known { return known }
        let made = try StringVocabulary(vocabulary, tokenizer: weights.tokenizer)
        strings[weights.path] = made
        return made
    }

    /// Whether a file is loaded already.
    func holds(path: String, options: LlamaOptions) -> Bool {
        loaded.contains { $0.weights.path == path && $0.options == options }
    }

    /// Lets go of all files but these; those that a recipe still uses stay as long as it does.
    public func release(except paths: Set<String>) {
        loaded.removeAll { !paths.contains($0.weights.path) }
        strings = strings.filter { paths.contains($0.key) }
    }
}
