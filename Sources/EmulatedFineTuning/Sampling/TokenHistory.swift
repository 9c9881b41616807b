/// The tokens so far, as the penalties and the constraint see them.
struct TokenHistory: Sendable {
    private let prompt: Set<TokenID>
    /// What may come next, if not everything may.
    private(set) var constraint: (any TokenConstraint)?
    /// How often each token is in the reply.
    private(set) var counts: [TokenID: Int] = [:]

    /// - Parameter prompt: the prompt's tokens; only the repetition penalty looks at them.
    init(prompt: [TokenID] = [], constraint: (any TokenConstraint)? = nil) {
        self.prompt = Set(prompt)
        self.constraint = constraint
    }

    mutating func append(_ token: TokenID) {
        counts[token, default: 0] += 1
        constraint = constraint?.advanced(by: token)
    }

    /// Applies bias and penalties to a token's score, for every token they concern.
    func adjust(_ options: SamplingOptions, _ change: (TokenID, (Float) -> Float) -> Void) {
        for (token, bias) in options.logitBias { change(token) { $0 + Float(bias) } }
        if options.repetitionPenalty != 1 {
            let penalty = Float(options.repetitionPenalty)
            for token in prompt { change(token) { min($0, 0) * penalty + max($0, 0) / penalty } }
            for token in counts.keys where !prompt.contains(token) {
                change(token) { min($0, 0) * penalty + max($0, 0) / penalty }
            }
        }
        if options.presencePenalty != 0 || options.frequencyPenalty != 0 {
            for (token, count) in counts {
                let penalty = options.presencePenalty + options.frequencyPenalty * Double(count)
                change(token) { $0 - Float(penalty) }
            }
        }
    }

    /// Whether these options, or the constraint, change any score.
    func isNeeded(by options: SamplingOptions) -> Bool {
        constraint != nil || !options.logitBias.isEmpty || options.repetitionPenalty != 1
            || options.presencePenalty != 0 || options.frequencyPenalty != 0
    }
}
