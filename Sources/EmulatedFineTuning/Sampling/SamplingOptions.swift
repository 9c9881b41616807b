/// How a token is drawn from the composite's distribution. The defaults sample from it as it is.
///
/// Order: logit bias, penalties, the request's constraint, temperature, top-k, top-p, min-p. Bias and penalties act on the
/// composite's log-probabilities; the repetition penalty, which looks at the sign of a score, on these
/// plus a level that makes logits of them (``repetitionPenalty``).
public struct SamplingOptions: Sendable, Equatable {
    /// Divides the scores; 0 takes the likeliest token (ties to the lowest id).
    public var temperature: Double
    /// Keeps this many of the likeliest tokens; nil keeps all.
    public var topK: Int?
    /// Keeps the smallest set of likeliest tokens with at least this mass; 1 keeps all.
    public var topP: Double
    /// Keeps tokens with at least this share of the likeliest one's probability; 0 keeps all.
    public var minP: Double
    /// Divides the score of every token in the prompt or reply where it is positive, and multiplies it
    /// where it is negative; 1 does nothing.
    ///
    ///     s(v) = log p̃(v) + Σ wᵢ Zᵢ / Σ wᵢ      over the members i with wᵢ > 0 of the fallback formula
    ///                                           (without one: of the formula)
    ///
    /// where Zᵢ = log Σ exp(logits) is the log-normaliser of a member's row: the scores stand where the
    /// logits of the tuned model stand. For one member alone s is its logits, and the penalty is that of
    /// transformers (`RepetitionPenaltyLogitsProcessor`) and vLLM, which count the prompt's tokens too.
    public var repetitionPenalty: Double
    /// Subtracted (nats) from every token in the reply.
    public var presencePenalty: Double
    /// Subtracted (nats) from a token for each time it is in the reply.
    public var frequencyPenalty: Double
    /// Added (nats) to tokens; −100 or less all but forbids, as OpenAI's clients expect.
    public var logitBias: [TokenID: Double]

    public init(
        temperature: Double = 1, topK: Int? = nil, topP: Double = 1, minP: Double = 0,
        repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
        logitBias: [TokenID: Double] = [:]
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.logitBias = logitBias
    }

    /// Always the likeliest token.
    public static let greedy = SamplingOptions(temperature: 0)
}

extension SamplingOptions {
    /// Checks every option against its range.
    ///
    /// - Throws: ``SamplingError`` naming the first option out of range.
    public func validate(vocabulary: Int) throws(SamplingError) {
        func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>)
            throws(SamplingError)
        {
            guard range.contains(value) else {
                throw .outOfRange(option: name, value: value.short, range: "\(range.shown)")
            }
        }
        try check("temperature", temperature, 0...100)
        try check("top_p", topP, 0...1)
        try check("min_p", minP, 0...1)
        try check("repetition_penalty", repetitionPenalty, 0.01...100)
        try check("presence_penalty", presencePenalty, -100...100)
        try check("frequency_penalty", frequencyPenalty, -100...100)
        if let topK, topK < 1 {
            throw .outOfRange(option: "top_k", value: "\(topK)", range: "1 or more")
        }
        for (token, bias) in logitBias.sorted(by: { $0.key < $1.key }) {
            guard (0..<vocabulary).contains(token) else {
                throw .outOfRange(
                    option: "logit_bias", value: "token \(token)",
                    range: "token ids 0 to \(vocabulary - 1)")
            }
            try check("logit_bias", bias, -1000...1000)
        }
    }
}

extension ClosedRange<Double> {
    fileprivate var shown: String { "\(lowerBound.short) to \(upperBound.short)" }
}

extension Double {
    /// Without a needless `.0`.
    package var short: String {
        self == rounded() && magnitude < 1e15 ? String(Int(self)) : "\(self)"
    }
}

/// Why sampling options cannot be used.
public enum SamplingError: Error, Sendable, Equatable, CustomStringConvertible {
    case outOfRange(option: String, value: String, range: String)

    public var description: String {
        switch self {
        case .outOfRange(let option, let value, let range):
            "The sampling option `\(option)` must be in the range \(range): received \(value)."
        }
    }
}
