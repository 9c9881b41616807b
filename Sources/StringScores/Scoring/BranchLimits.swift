/// How many branches are worth a row.
public struct BranchLimits: Sendable, Equatable {
    /// Which last tokens of a string count.
    public enum LastTokens: Sendable, Equatable {
        /// All that begin with the rest of the string: two look-ups. A model gives the others, which the
        /// tokenizer would not write there, next to nothing (measured: less than .002 nats).
        case any
        /// Only those that are canonical after the tokens before them: one test for each token. For
        /// small vocabularies and checks.
        case canonical
    }

    /// Branches at most.
    public var branches: Int
    /// Tokens of a branch at most.
    public var depth: Int
    /// The least probability of a branch, as far as it is known, over that of the held bytes; or over that of a
    /// given string which goes through it.
    public var floor: Double
    /// Tokens tried to see whether a branch can go on (``Canonical/branches(of:followers:)``).
    ///
    /// With 0 a branch is open only if the string is written that way before a letter, a word, a line or
    /// nothing: right for one pass, where each branch costs a row whether it is likely or not. 4 finds
    /// nearly all others, for two passes. Measured against 24 on SmolLM2-135M with 16 strings a place,
    /// total variation at β = .4, branches and time of a plan: 0: .0030, 6.9, .6 ms; 4: .0001,
    /// 11.9, 2.0 ms; 24: 12.9, 15.7 ms. What a branch that was taken for closed would add is in no report.
    public var followers: Int
    public var lastTokens: LastTokens

    public init(
        branches: Int = 24, depth: Int = 6, floor: Double = 0.01, followers: Int = 0,
        lastTokens: LastTokens = .any
    ) {
        self.branches = branches
        self.depth = depth
        self.floor = floor
        self.followers = followers
        self.lastTokens = lastTokens
    }

    /// Every branch: exact, for small vocabularies and checks.
    public static let unlimited = BranchLimits(
        branches: .max, depth: .max, floor: 0, followers: .max)
}
