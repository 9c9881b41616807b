/// Which tokens the formula rules, and what happens to the others.
///
/// Source: DExperts (arXiv:2105.03023) and contrastive decoding (arXiv:2210.15097) forbid; the truncated
/// up-scaling weights of emulated fine-tuning (arXiv:2310.12962) fall back.
public struct Mask: Sendable, Hashable {
    public var rule: Rule
    public var effect: Effect

    public init(_ rule: Rule, _ effect: Effect = .fallback) {
        self.rule = rule
        self.effect = effect
    }

    /// Which tokens the formula keeps.
    public enum Rule: Sendable, Hashable {
        /// The smallest set with mass ≥ p under the softmax of a formula (nil: the fallback formula),
        /// heaviest first, ties to the lower id.
        case nucleus(Double, of: Formula? = nil)
        /// The tokens with at least this share of the likeliest token's probability under a formula
        /// (nil: the fallback formula).
        case relative(Double, of: Formula? = nil)
        /// These tokens.
        case tokens(Set<TokenID>)

        /// The formula the rule looks at, if it is not the fallback formula.
        public var formula: Formula? {
            switch self {
            case .nucleus(_, let formula), .relative(_, let formula): formula
            case .tokens: nil
            }
        }
    }

    /// What happens to the other tokens.
    public enum Effect: String, Sendable, Hashable, CaseIterable {
        /// They get probability 0.
        case forbid
        /// They get the score of the fallback formula.
        case fallback
    }
}

/// What a request puts in the place of its composite's mask.
public enum MaskOverride: Sendable, Hashable {
    /// No mask: the formula rules everywhere.
    case none
    case mask(Mask)
}
