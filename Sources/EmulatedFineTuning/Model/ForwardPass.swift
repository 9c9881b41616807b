/// One forward pass: for each of several sequences, the tokens to append and the scores wanted.
public struct ForwardPass: Sendable {
    public var extensions: [SequenceExtension]
    /// Whether anyone still waits for the scores. A model may ask while the pass runs, from any thread, and
    /// give up a pass that nobody wants.
    public var isWanted: @Sendable () -> Bool

    public init(
        _ extensions: [SequenceExtension], isWanted: @escaping @Sendable () -> Bool = { true }
    ) {
        self.extensions = extensions
        self.isWanted = isWanted
    }

    /// Tokens that the pass carries.
    public var tokenCount: Int { extensions.reduce(0) { $0 + $1.tokens.count } }
}

extension ForwardPass: Equatable {
    /// Whether two passes compute the same, whoever waits for it.
    public static func == (a: ForwardPass, b: ForwardPass) -> Bool { a.extensions == b.extensions }
}

/// Tokens appended to one sequence, and the positions among them whose scores are wanted.
public struct SequenceExtension: Sendable, Equatable {
    public var sequence: SequenceID
    /// Tokens that the sequence's cache holds before the pass.
    public var start: Int
    /// Tokens to append; never empty.
    public var tokens: [TokenID]
    /// Offsets into `tokens`, ascending: the scores after that token are wanted.
    public var scored: [Int]
    /// Which scores are wanted at the scored positions.
    public var request: ScoreRequest
    /// What the asker thinks of the tokens asked for: log-probabilities (nats) in the order of
    /// ``request``; empty where it does not say. A model for which some tokens cost more than others may
    /// take more care with likely ones.
    public var guesses: [[Float]]
    /// By scored position, the token that follows whatever its score is, as in a text that is scored; nil where it is
    /// still to be chosen, empty where none is known. A model for which some tokens cost more than others takes as
    /// much care with it as with likely ones.
    public var given: [TokenID?]
    /// Sequences that go along for the first tokens and then another way, in extensions of their own further on in
    /// the pass. Only for models that take them (``LanguageModel/takesCompanions``).
    public var companions: [Companion]

    /// A sequence that shares the first tokens of an extension.
    public struct Companion: Sendable, Equatable {
        /// Its cache holds the same `start` tokens as that of the extension's sequence.
        public var sequence: SequenceID
        /// Tokens that it shares, 1 or more.
        public var count: Int

        public init(sequence: SequenceID, count: Int) {
            self.sequence = sequence
            self.count = count
        }
    }

    public init(
        sequence: SequenceID, start: Int, tokens: [TokenID], scored: [Int] = [],
        request: ScoreRequest = .row, guesses: [[Float]] = [], given: [TokenID?] = [],
        companions: [Companion] = []
    ) {
        self.sequence = sequence
        self.start = start
        self.tokens = tokens
        self.scored = scored
        self.request = request
        self.guesses = guesses
        self.given = given
        self.companions = companions
    }
}

/// Which scores of a sequence's scored positions are wanted.
public enum ScoreRequest: Sendable, Equatable {
    /// Whole rows of logits.
    case row
    /// The log-probabilities of some tokens only, a list for every scored position: what a remote member
    /// can send cheaply. A list may be empty.
    case tokens([[TokenID]])

    /// Whether any score is wanted, where positions are scored.
    var asksForAnything: Bool {
        switch self {
        case .row: true
        case .tokens(let lists): lists.contains { !$0.isEmpty }
        }
    }
}
