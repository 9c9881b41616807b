/// What happens while a reply is generated.
public enum GenerationEvent: Sendable, Equatable {
    case token(GeneratedToken)
    /// The last event.
    case finished(GenerationResult)
}

/// One token of a reply.
public struct GeneratedToken: Sendable, Equatable {
    public var id: TokenID
    /// The text that the token completes: empty while a character or a stop string may be unfinished.
    public var text: String
    /// log p under the composite, before sampling options, nats.
    public var logProbability: Float
    /// The tokens that the request named, then the likeliest ones at this position, likeliest first, as
    /// many as it asked for.
    public var top: [TokenLogProbability] = []
    /// Whether the draft member, alone, would have drawn this token; nil without a draft member, and
    /// where a response is scored.
    public var agrees: Bool?
    /// Whether a token had been proposed here: this one, if ``agrees``.
    public var isDrafted = false
    /// Present when the request asked for it.
    public var attribution: Attribution?
}

/// A token and its log-probability under the composite, before sampling options, nats.
public struct TokenLogProbability: Sendable, Equatable {
    public var id: TokenID
    public var logProbability: Float
    /// What each member says about it; present when the request asked for attributions.
    public var attribution: TokenAttribution?

    public init(
        id: TokenID, logProbability: Float, attribution: TokenAttribution? = nil
    ) {
        self.id = id
        self.logProbability = logProbability
        self.attribution = attribution
    }
}

/// How a reply ended.
public struct GenerationResult: Sendable, Equatable {
    public var reason: FinishReason
    /// Text that was held back until the end.
    public var text: String
    public var statistics: GenerationStatistics
}

/// Why a reply ended.
public enum FinishReason: Sendable, Equatable {
    /// A token that ends replies.
    case endOfGeneration(TokenID)
    /// One of the request's stop strings.
    case stopString(String)
    /// The request's limit on tokens.
    case length
    /// The response to score was scored.
    case scored
}

/// What a reply cost.
public struct GenerationStatistics: Sendable, Equatable {
    /// Tokens of the longest member prompt.
    public var promptTokens = 0
    /// Prompt tokens, over all members, that were in a cache already.
    public var cachedTokens = 0
    /// Prompt tokens that no member had to compute: the fewest that one had in its cache.
    public var cachedPrefix = 0
    public var generatedTokens = 0
    /// Time from the request to the first round that decoded it: waiting and prefill.
    public var waited: Duration = .zero
    /// Time from there to the end of the reply.
    public var decoding: Duration = .zero
    /// Rounds that generated tokens: passes of every member but the draft member.
    public var rounds = 0
    /// Tokens proposed by the draft member, by their position in a block.
    public var draftedByPosition: [Int] = []
    /// Proposed tokens that were kept, by their position in a block.
    public var acceptedByPosition: [Int] = []

    public init() {}

    /// Tokens proposed by the draft member.
    public var drafted: Int { draftedByPosition.reduce(0, +) }

    /// Proposed tokens that were kept.
    public var accepted: Int { acceptedByPosition.reduce(0, +) }

    /// Passes of every member but the draft member for a token; 1 in plain decoding. Nil without tokens.
    public var passesPerToken: Double? {
        generatedTokens > 0 ? Double(rounds) / Double(generatedTokens) : nil
    }

    /// Counts the proposals of a block.
    mutating func count(drafted: Int) {
        while draftedByPosition.count < drafted {
            draftedByPosition.append(0)
            acceptedByPosition.append(0)
        }
        for position in 0..<drafted { draftedByPosition[position] += 1 }
    }
}
