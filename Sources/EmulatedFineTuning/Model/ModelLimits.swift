/// How much a model can hold and how far it can go back.
public struct ModelLimits: Sendable, Equatable {
    /// Tokens that one sequence can hold.
    public var context: Int
    /// Tokens that all sequences together can hold.
    public var cells: Int
    /// Tokens that one forward pass can carry.
    public var tokensPerPass: Int
    /// Sequences that can be held at once.
    public var sequences: Int
    /// How far a sequence can be cut back.
    public var rewind: RewindClass
    /// What the model can say about a position.
    public var scores: ScoreKind

    public init(
        context: Int, cells: Int? = nil, tokensPerPass: Int, sequences: Int, rewind: RewindClass,
        scores: ScoreKind = .rows
    ) {
        self.context = context
        self.cells = cells ?? context
        self.tokensPerPass = tokensPerPass
        self.sequences = sequences
        self.rewind = rewind
        self.scores = scores
    }
}

/// What a model can say about a position.
public enum ScoreKind: Sendable, Equatable {
    /// Whole rows, and chosen tokens.
    case rows
    /// Chosen tokens only: a remote model. Its composite asks for what the mask keeps.
    case tokens
}

/// How far a model's cache can be cut back.
public enum RewindClass: Sendable, Equatable {
    /// To any length: ordinary attention.
    case full
    /// By at most this many tokens since the last pass: some recurrent models.
    case partial(Int)
    /// Only to nothing: recurrent states, or a sliding window without its full cache.
    case none
}
