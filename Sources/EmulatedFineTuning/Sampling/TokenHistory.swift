/// The tokens so far, as the penalties see them.
struct TokenHistory: Sendable {
    private let prompt: Set<TokenID>
    /// How often each token is in the reply.
    private(set) var counts: [TokenID: Int] = [:]

    /// - Parameter prompt: the prompt's tokens; only the repetition penalty looks at them.
    init(prompt: [TokenID] = []) {
        self.prompt = Set(prompt)
    }

    mutating func append(_ token: TokenID) { counts[token, default: 0] += 1 }

    /// Applies bias and penalties to a token's log-probability, for every token they concern.
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

    /// Whether these options change any score.
    static func isNeeded(by options: SamplingOptions) -> Bool {
        !options.logitBias.isEmpty || options.repetitionPenalty != 1
            || options.presencePenalty != 0 || options.frequencyPenalty != 0
    }
}
