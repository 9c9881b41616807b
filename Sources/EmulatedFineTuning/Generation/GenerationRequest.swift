/// What to generate, and how.
public struct GenerationRequest: Sendable {
    /// The prompt's tokens, for every member that has none of its own.
    public var prompt: [TokenID]
    /// Prompts of members that see another form of it, by name.
    public var prompts: [String: [TokenID]]
    /// A formula over the same members to decode from instead of the composite's, without its mask and
    /// fallback: `"large"` is the large model alone.
    public var formula: Formula?
    /// Values of the formula's parameters, by name; defaults apply to the others.
    public var parameters: [String: Double]
    /// Another mask than the composite's; nil keeps that.
    public var mask: MaskOverride?
    public var sampling: SamplingOptions
    /// What the reply must be; tokens that it forbids are not drawn. Nil: anything.
    public var constraint: (any TokenConstraint)?
    /// Maximum number of tokens in the reply.
    public var maxTokens: Int
    /// The reply ends before the first of these strings.
    public var stop: [String]
    /// Control tokens whose names are part of the reply's text; those of others are left out.
    public var shownTokens: Set<TokenID> = []
    /// Whether the reply goes on past tokens that end it.
    public var ignoresEnd: Bool
    /// The same seed gives the same reply.
    public var seed: UInt64
    /// Which of several replies to the same prompt and seed this is.
    public var choice: UInt32
    /// How far tokens are proposed ahead. Without effect where a member's cache cannot be cut back; where the
    /// composite has no draft member, or with a ``formula`` of the request's own, only what needs none is
    /// proposed.
    public var speculation: Speculation
    /// Where proposed tokens may come from. The reply is the same for every set.
    public var drafts: Set<DraftSource>
    /// How the draft's randomness and the composite's are tied together.
    public var coupling: Coupling
    /// Whether to report what each member says about every token, and about those of ``topLogProbabilities``.
    public var attributions: Bool
    /// How many of the likeliest tokens to report at every position.
    public var topLogProbabilities: Int
    /// Tokens to report at every position, in this order, before the likeliest.
    public var reportedTokens: [TokenID]
    /// What is done with the prompt: a reply is drawn, or a given response is scored.
    public var kind: Kind

    /// What is done with a request's prompt.
    public enum Kind: Sendable, Hashable {
        /// Tokens are drawn from the composite until a rule ends the reply.
        case draw
        /// The tokens of this response are scored instead; all of them, whatever they are. Sampling
        /// options, constraint, limit, stop strings and speculation have no effect.
        case score([TokenID])
    }

    /// The response to score, if there is one.
    public var response: [TokenID]? {
        guard case .score(let response) = kind else { return nil }
        return response
    }

    public init(
        prompt: [TokenID], prompts: [String: [TokenID]] = [:], formula: Formula? = nil,
        parameters: [String: Double] = [:], mask: MaskOverride? = nil,
        sampling: SamplingOptions = SamplingOptions(), constraint: (any TokenConstraint)? = nil,
        maxTokens: Int = 256, stop: [String] = [],
        ignoresEnd: Bool = false, seed: UInt64 = 0, choice: UInt32 = 0,
        speculation: Speculation = .auto, drafts: Set<DraftSource> = .all,
        coupling: Coupling = .matched, attributions: Bool = false,
        topLogProbabilities: Int = 0, reportedTokens: [TokenID] = [],
        kind: Kind = .draw
    ) {
        self.prompt = prompt
        self.prompts = prompts
        self.formula = formula
        self.parameters = parameters
        self.mask = mask
        self.sampling = sampling
        self.constraint = constraint
        self.maxTokens = maxTokens
        self.stop = stop
        self.ignoresEnd = ignoresEnd
        self.seed = seed
        self.choice = choice
        self.speculation = speculation
        self.drafts = drafts
        self.coupling = coupling
        self.attributions = attributions
        self.topLogProbabilities = topLogProbabilities
        self.reportedTokens = reportedTokens
        self.kind = kind
    }
}
