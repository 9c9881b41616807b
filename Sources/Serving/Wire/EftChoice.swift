import EmulatedFineTuning

/// What a choice says about the composite when the request asks: `eft.attributions`.
struct EftChoice: Encodable {
    /// What each member says about one token; log-probabilities in nats.
    struct Token: Encodable {
        var id: TokenID
        var token: String
        var logprob: Float
        /// log p under each member, by name; null where a remote member was not asked for the token.
        var members: [String: Float?]
        /// log p under the fallback formula alone.
        var tuned: Float?
        /// tuned − reference: what fine-tuning changes.
        var behaviourDelta: Float?
        /// base − reference: what scale changes.
        var upscalingDelta: Float?
        /// Between the fallback formula and the composite, at this position.
        var totalVariation: Double?
        /// What the draft member alone would have said.
        var alone: String?
    }

    var attributions: [Token]

    /// Nil when no token carries an attribution.
    init?(_ tokens: [GeneratedToken], _ composite: Composite) {
        attributions = tokens.compactMap { token in
            guard let attribution = token.attribution else { return nil }
            return Token(
                id: token.id, token: composite.vocabulary.text(token.id),
                logprob: token.logProbability.finite,
                members: Dictionary(
                    zip(composite.members.map(\.name), attribution.members.map { $0?.finite }),
                    uniquingKeysWith: { first, _ in first }),
                tuned: attribution.tuned?.finite,
                behaviourDelta: attribution.behaviourDelta?.finite,
                upscalingDelta: attribution.upscalingDelta?.finite,
                totalVariation: attribution.totalVariation,
                alone: attribution.alone.map(composite.vocabulary.text))
        }
        if attributions.isEmpty { return nil }
    }
}
