import EmulatedFineTuning

/// What a choice says about the composite when the request asks: `eft.attributions`.
struct EftChoice: Encodable {
    var attributions: [Token]?
    /// What the reply took; at its end.
    var statistics: Statistics?

    /// Nil when there is nothing to say.
    ///
    /// - Parameter statistics: of the reply, if it has ended and attributions were asked for.
    init?(
        _ tokens: [GeneratedToken], _ composite: Composite,
        _ statistics: GenerationStatistics? = nil
    ) {
        let attributions = tokens.compactMap { Token($0, composite) }
        self.attributions = attributions.isEmpty ? nil : attributions
        self.statistics = statistics.map(Statistics.init)
        if self.attributions == nil, statistics == nil { return nil }
    }

    /// What each member says about one token; log-probabilities in nats.
    struct Opinion: Encodable {
        var id: TokenID
        var token: String
        var logprob: Float
        /// log p under each member, by name; null where a remote member was not asked for the token.
        var members: [String: Float?]
        /// weight · log p of each member that the ruling formula names.
        var contributions: [String: Float]
        /// Whether the fallback formula rules the token.
        var fallback: Bool
        /// log p under the fallback formula alone.
        var tuned: Float?
        /// tuned − reference: what fine-tuning changes.
        var behaviourDelta: Float?
        /// base − reference: what scale changes.
        var upscalingDelta: Float?

        init(
            _ id: TokenID, _ logProbability: Float, _ attribution: TokenAttribution,
            _ composite: Composite
        ) {
            let names = composite.members.map(\.name)
            self.id = id
            token = composite.vocabulary.text(id)
            logprob = logProbability.finite
            members = Dictionary(
                zip(names, attribution.members.map { $0?.finite }),
                uniquingKeysWith: { first, _ in first })
            contributions = Dictionary(
                zip(names, attribution.contributions).compactMap { name, value in
                    value.map { (name, $0.finite) }
                }, uniquingKeysWith: { first, _ in first })
            fallback = attribution.isFallback
            tuned = attribution.tuned?.finite
            behaviourDelta = attribution.behaviourDelta?.finite
            upscalingDelta = attribution.upscalingDelta?.finite
        }
    }

    /// A token of the reply, and its position.
    struct Token: Encodable {
        var opinion: Opinion
        /// Between the fallback formula and the composite, at this position.
        var totalVariation: Double?
        /// What the draft member alone would have said.
        var alone: String?
        /// Whether that is the token itself.
        var agrees: Bool?
        /// Whether a token had been proposed here: this one, if it agrees.
        var drafted: Bool
        /// The likeliest tokens, as many as `top_logprobs` asks for.
        var top: [Opinion]?

        enum CodingKeys: CodingKey { case totalVariation, alone, agrees, drafted, top }

        init?(_ token: GeneratedToken, _ composite: Composite) {
            guard let attribution = token.attribution else { return nil }
            opinion = Opinion(token.id, token.logProbability, attribution.token, composite)
            totalVariation = attribution.totalVariation
            alone = attribution.alone.map(composite.vocabulary.text)
            agrees = token.agrees
            drafted = token.isDrafted
            let top = token.top.compactMap { candidate in
                candidate.attribution.map {
                    Opinion(candidate.id, candidate.logProbability, $0, composite)
                }
            }
            self.top = top.isEmpty ? nil : top
        }

        /// The opinion's fields, and the position's.
        func encode(to encoder: any Encoder) throws {
            try opinion.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(totalVariation, forKey: .totalVariation)
            try container.encodeIfPresent(alone, forKey: .alone)
            try container.encodeIfPresent(agrees, forKey: .agrees)
            try container.encode(drafted, forKey: .drafted)
            try container.encodeIfPresent(top, forKey: .top)
        }
    }

    /// What a reply took.
    struct Statistics: Encodable {
        var generatedTokens: Int
        /// Passes of every member but the draft member.
        var rounds: Int
        /// Tokens proposed, and kept.
        var drafted: Int
        var accepted: Int
        /// The same by where proposals came from: `grammar`, `lookup`, `member`.
        var sources: [String: Source]
        /// rounds / generated tokens: 1 in plain decoding.
        var passesPerToken: Double?

        struct Source: Encodable {
            var drafted: Int
            var accepted: Int
        }

        init(_ statistics: GenerationStatistics) {
            generatedTokens = statistics.generatedTokens
            rounds = statistics.rounds
            drafted = statistics.drafted
            accepted = statistics.accepted
            sources = statistics.bySource.mapValues {
                Source(drafted: $0.drafted, accepted: $0.accepted)
            }
            passesPerToken = statistics.passesPerToken
        }
    }
}
