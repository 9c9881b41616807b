/// What each member says about one token at a position.
public struct TokenAttribution: Sendable, Equatable {
    /// log p of the token under every member, in the composite's order, nats. Nil where a remote member
    /// was not asked: outside the tokens that the mask keeps for it.
    public var members: [Float?]
    /// wᵢ log pᵢ, each member's part of the token's score, nats: they sum to log p̃ and a constant that
    /// is the same for all tokens which one formula rules. Nil where that formula does not name the
    /// member, and where the member was not asked.
    public var contributions: [Float?]
    /// Whether the fallback formula rules the token, because of the mask or as a control token.
    public var isFallback: Bool
    /// log p of the token under the fallback formula alone (the tuned model), nats; nil without one.
    public var tuned: Float?
    /// tuned − reference, nats: what fine-tuning changes; nil where both forbid the token, or
    /// when the composite has no such parts.
    public var behaviourDelta: Float?
    /// base − reference, nats: what scale changes; nil like ``behaviourDelta``, and where a remote base
    /// was not asked.
    public var upscalingDelta: Float?
}

/// What each member says about one token of a reply, and how the models differ at its position.
public struct Attribution: Sendable, Equatable {
    public var token: TokenAttribution
    /// Total variation distance between the tuned model and the composite at this position.
    public var totalVariation: Double?
    /// The token that the composite makes more likely than the tuned model by the largest amount of
    /// probability, p̃(v) − p_tuned(v); nil without a fallback formula, and where the two are equal.
    public var raised: TokenID?
    /// The token that it makes less likely by the largest amount.
    public var lowered: TokenID?
    /// The token that the draft member alone would have given here, with the same noise.
    public var alone: TokenID?

    public var members: [Float?] { token.members }
    public var tuned: Float? { token.tuned }
    public var behaviourDelta: Float? { token.behaviourDelta }
    public var upscalingDelta: Float? { token.upscalingDelta }
}
