/// How far tokens are proposed ahead of what the members have said.
///
/// The reply is the same for every setting, as far as the members' numbers do not depend on how many
/// tokens a pass carries.
///
/// Source: Mitchell et al. 2023, arXiv:2310.12962, section 5.
public enum Speculation: Sendable, Hashable {
    /// Every token costs one pass of every member.
    case off
    /// Blocks of this many proposed tokens, 0 to 1024; fewer at a reply's end, and never more than
    /// ``EngineOptions/scoringBlock`` − 1 or what a pass of every member can carry.
    case block(Int)
    /// Blocks as long as the measured costs of passes and the agreement so far make worthwhile, chosen
    /// for all running replies together before every round; none where drafts do not pay.
    case auto
}

extension Speculation: LosslessStringConvertible {
    /// Reads `off`, `auto` (or `on`), or a number of tokens.
    public init?(_ text: String) {
        switch text {
        case "off": self = .off
        case "auto", "on": self = .auto
        default:
            guard let length = Int(text), (0...1024).contains(length) else { return nil }
            self = .block(length)
        }
    }

    public var description: String {
        switch self {
        case .off: "off"
        case .auto: "auto"
        case .block(let length): "\(length)"
        }
    }
}

/// How the draft's randomness and the composite's are tied together. Both draw from the composite's
/// distribution exactly; they differ in how often a draft is kept, and in the tokens under a seed.
public enum Coupling: String, Sendable, Hashable, CaseIterable {
    /// The seeded map F of speculative rejection sampling: a draft is kept with probability 1 − TV, the
    /// most that any coupling can reach.
    case matched
    /// The paper's: both distributions are sampled with the same noise (an exponential race, also
    /// known as Gumbel-max); a draft is kept with probability at least (1 − TV)/(1 + TV).
    case paper
}

/// Why the draft member proposes nothing, whatever a request's ``Speculation``. Without a draft member, what the
/// text said before and what a grammar forces are still proposed; without caches that can be cut back, nothing is.
public enum SpeculationObstacle: Sendable, Equatable, CustomStringConvertible {
    /// No member of the formula is named as draft, and the fallback is not a single one of them.
    case noDraft
    /// A member's cache cannot be cut back: recurrent states, or a sliding window.
    case cannotRewind(member: String)

    public var description: String {
        switch self {
        case .noDraft:
            "the composite has no draft member: name one with `draft:` in the recipe"
        case .cannotRewind(let member):
            "the cache of `\(member)` cannot be cut back after a rejected draft"
        }
    }
}

extension Composite {
    /// Why the draft member never proposes tokens; nil when it can.
    public var speculationObstacle: SpeculationObstacle? {
        guard draft != nil else { return .noDraft }
        return members.first { $0.model.limits.rewind != .full }
            .map { .cannotRewind(member: $0.name) }
    }
}
