/// What a member of a composite must offer: forward passes over several sequences, and a cache that
/// can be cut back.
///
/// A model holds up to ``ModelLimits/sequences`` sequences, numbered from 0, each with a cache of the
/// tokens it has seen. The caller keeps count of what every cache holds; a model never has to guess.
/// One caller at a time: the rows a pass returns are valid until the next call on the same model.
///
/// To run composites on another inference engine, implement this protocol and ``Tokenizer``.
public protocol LanguageModel: Sendable {
    /// The vocabulary that the rows of scores are indexed by.
    var vocabulary: Vocabulary { get }

    /// The vocabulary that the model itself reads, where that is another one: token t of it is written ~t
    /// (−1 − t) in prompts. Nil where ``vocabulary`` is the model's own.
    var ownVocabulary: Vocabulary? { get }

    /// How much the model can hold, and how far it can go back.
    var limits: ModelLimits { get }

    /// The thread the model's passes run on, when it has one of its own.
    ///
    /// An engine whose members all share one executor runs there too and saves the thread switches.
    var executor: (any SerialExecutor)? { get }

    /// Whether tokens of a pass can belong to several sequences (``SequenceExtension/companions``).
    var takesCompanions: Bool { get }

    /// Appends tokens to sequences and returns the scores that were asked for.
    ///
    /// - Parameter pass: at most ``ModelLimits/tokensPerPass`` tokens; sequences may not repeat.
    /// - Returns: one ``Scores`` per scored position: extensions in the order given, and within one
    ///   in the order of its ``SequenceExtension/scored``. Of the kind that was asked for; a model whose
    ///   ``ModelLimits/scores`` are tokens is never asked for rows.
    /// - Throws: ``ModelError`` when the pass cannot be run, and ``ModelError/cancelled`` when it was given up
    ///   because nobody wanted it (``ForwardPass/isWanted``). The caches of the pass's sequences are then
    ///   unspecified: cut them back to a known length before going on.
    /// - Complexity: one forward pass of the model over all tokens of the pass.
    func forward(_ pass: ForwardPass) async throws -> [Scores]

    /// Cuts a sequence's cache back to its first `length` tokens; 0 releases the sequence.
    ///
    /// - Throws: ``ModelError/cannotRewind(_:)`` when ``ModelLimits/rewind`` does not allow it.
    func rewind(_ sequence: SequenceID, to length: Int) async throws

    /// Makes `target` (whose cache must be empty) share the first `length` tokens of `source`.
    ///
    /// - Throws: ``ModelError/cannotShare(_:)`` when the model cannot share caches.
    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws
}

extension LanguageModel {
    public var ownVocabulary: Vocabulary? { nil }

    public var executor: (any SerialExecutor)? { nil }

    public var takesCompanions: Bool { false }
}

/// A sequence of a model: an index into its cache, from 0 to ``ModelLimits/sequences`` − 1.
public typealias SequenceID = Int

/// A token's index in the vocabulary.
public typealias TokenID = Int
