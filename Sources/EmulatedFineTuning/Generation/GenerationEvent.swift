/// What happens while a reply is generated.
public enum GenerationEvent: Sendable, Equatable {
    case token(GeneratedToken)
    /// The last event.
    case finished(GenerationResult)

    /// The text that the event adds to the reply. The last event may have some, too: what was held back
    /// until it was clear that no stop string begins there.
    public var text: String {
        switch self {
        case .token(let token): token.text
        case .finished(let result): result.text
        }
    }
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
