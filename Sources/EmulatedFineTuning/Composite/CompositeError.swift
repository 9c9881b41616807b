/// Why members and formulas do not make a composite.
public enum CompositeError: Error, Sendable, Equatable {
    case noMembers
    case repeatedName(String)
    case vocabularyMismatch(String, String, VocabularyDifference)
    /// A member cannot read a token that another one has, not even the token's text.
    case unreadableToken(String, member: String)
    case unknownMember(String)
    case unknownParameter(String, known: [String])
    case parameterOutOfRange(Parameter, Double)
    case unequalSums(formula: Double, fallback: Double)
    case fallbackMissing
    case maskOutOfRange(String, Double)
    case maskTokens
    case zeroFormula
    case draftNotInFormula(String)
    /// The composite needs whole rows of a member that only scores chosen tokens.
    case rowsNeeded(member: String, RowUse)
}

/// Where a composite needs whole rows of a member.
public enum RowUse: Sendable, Equatable {
    /// In a formula that no mask confines to few tokens.
    case formula
    /// In the fallback formula, or the one that a mask looks at.
    case ruling
    /// As the draft member.
    case draft
}

extension CompositeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noMembers:
            "A composite needs at least one member: none was given."
        case .repeatedName(let name):
            "Members and parameters need distinct names: `\(name)` was given twice. Rename one."
        case .vocabularyMismatch(let a, let b, let difference):
            "Members must share a vocabulary: `\(a)` and `\(b)` do not, \(difference). "
                + Self.families(a, b, difference)
                + "Use models of one family that kept its tokenizer."
        case .unreadableToken(let token, let member):
            "A member must be able to read every token of the others, or at least its text: `\(member)` "
                + "has no tokens for `\(token)`. Use a model of the same family that has them."
        case .unknownMember(let name):
            "A formula can only name members of its composite: `\(name)` is not one. "
                + "Add the member, or correct the name."
        case .unknownParameter(let name, let known):
            "Only parameters that the formula uses can be set: `\(name)` is not one; "
                + (known.isEmpty
                    ? "it uses no parameters."
                    : "it uses \(known.map { "`\($0)`" }.joined(separator: ", ")).")
                + name.hint(among: known)
        case .parameterOutOfRange(let parameter, let value):
            "The parameter `\(parameter.name)` must lie between \(parameter.range.lowerBound.short) "
                + "and \(parameter.range.upperBound.short): \(value.short) does not. "
                + "Choose a value in the range, or widen `range` in the recipe."
        case .unequalSums(let formula, let fallback):
            "The weights of the fallback must have the same sum as those of the formula, or their "
                + "scores cannot be compared: the formula's sum is \(formula.short), the "
                + "fallback's \(fallback.short). Scale one of them."
        case .fallbackMissing:
            "A mask that falls back, or uses the fallback, needs a fallback formula: there is "
                + "none. Add `fallback:` (usually the tuned member), name a formula with `of:`, or "
                + "use `effect: forbid`."
        case .maskOutOfRange(let name, let value):
            "A mask's `\(name)` must be more than 0 and at most 1: \(value.short) is not."
        case .maskTokens:
            "A mask's token set must be part of the vocabulary and, where it forbids the other "
                + "tokens, not empty. List token ids of the members."
        case .zeroFormula:
            "A formula must give at least one member a positive weight: with these parameters, none "
                + "has one. Change the formula or its parameters."
        case .draftNotInFormula(let name):
            "The draft member must be a member of the formula: `\(name)` is not. "
                + "Name one of its members under `draft:`, or leave it out."
        case .rowsNeeded(let member, .formula):
            "A member on a server, or one of another vocabulary, gives the log-probabilities of chosen "
                + "tokens only: `\(member)` is in a formula without a mask that limits it. Add "
                + "`mask: { nucleus: 0.95 }` with a fallback of other members (truncated up-scaling weights)."
        case .rowsNeeded(let member, .ruling):
            "A member on a server, or one of another vocabulary, gives the log-probabilities of chosen "
                + "tokens only: `\(member)` is in the fallback, or in the formula that the mask uses. Put "
                + "another member there (usually the tuned one)."
        case .rowsNeeded(let member, .draft):
            "The draft member must give the scores of all tokens: `\(member)` is on a server, or has another "
                + "vocabulary. Name another member under `draft:`."
        }
    }

    /// What the two members look like, as far as it is known.
    private static func families(
        _ a: String, _ b: String, _ difference: VocabularyDifference
    ) -> String {
        zip([a, b], difference.families).compactMap { name, family in
            family.map { "`\(name)` has the tokenizer of \($0). " }
        }.joined()
    }
}
