/// One distribution over next tokens, made of several models: members, a formula over their
/// log-probabilities, and a mask where the formula gives way.
///
///     log p̃(v) = Σᵢ wᵢ log pᵢ(v) − log Z
///
/// Source: Mitchell et al. 2023, arXiv:2310.12962; `method` in the documentation lists the relatives.
public struct Composite: Sendable {
    public let members: [Member]
    public let formula: Formula
    public let parameters: [Parameter]
    /// The formula that rules where the mask gives way and on ``fallbackTokens``.
    public let fallback: Formula?
    public let mask: Mask?
    /// Tokens that the fallback formula rules: control tokens that the other members never learned.
    public let fallbackTokens: [TokenID]
    /// The member whose own samples are proposed in speculation.
    public let draft: String?
    /// The vocabulary that all members share.
    public let vocabulary: Vocabulary
    /// Every token that ends a reply under some member, ascending.
    public let endsOfGeneration: [TokenID]

    /// Joins members into a composite and checks that it is one.
    ///
    /// - Parameters:
    ///   - members: at least one, with equal vocabularies. Names of members and parameters are distinct.
    ///   - formula: over these members and parameters.
    ///   - parameters: numbers in the formula that a request may set.
    ///   - fallback: has the same sum of weights as the formula.
    ///   - mask: one that falls back needs `fallback`.
    ///   - control: which formula rules control tokens.
    ///   - draft: a member of the formula; by default the fallback, when that is a single member.
    /// - Throws: ``CompositeError``, ``FormulaError``.
    public init(
        members: [Member], formula: Formula, parameters: [Parameter] = [], fallback: Formula? = nil,
        mask: Mask? = nil, control: ControlTokens = .fallback, draft: String? = nil
    ) throws {
        guard let first = members.first else { throw CompositeError.noMembers }
        for (index, member) in members.enumerated() {
            if members[..<index].contains(where: { $0.name == member.name }) {
                throw CompositeError.repeatedName(member.name)
            }
            if let difference = first.model.vocabulary.firstDifference(
                from: member.model.vocabulary)
            {
                throw CompositeError.vocabularyMismatch(first.name, member.name, difference)
            }
        }
        for (index, parameter) in parameters.enumerated()
        where members.contains(where: { $0.name == parameter.name })
            || parameters[..<index].contains(where: { $0.name == parameter.name })
        {
            throw CompositeError.repeatedName(parameter.name)
        }
        self.members = members
        self.formula = formula
        self.parameters = parameters
        self.fallback = fallback
        self.mask = mask
        self.vocabulary = first.model.vocabulary
        self.endsOfGeneration = Set(members.flatMap(\.model.vocabulary.endsOfGeneration)).sorted()
        self.fallbackTokens =
            control == .fallback ? Self.unlearned(by: members, fallback: fallback) : []
        self.draft = try Self.draft(draft, fallback: fallback, formula: formula)
        if let draft, member(draft)?.model.limits.scores == .tokens {
            throw CompositeError.rowsNeeded(member: draft, .draft)
        }
        for parameter in parameters where !parameter.range.contains(parameter.defaultValue) {
            throw CompositeError.parameterOutOfRange(parameter, parameter.defaultValue)
        }
        _ = try resolve()
    }

    private func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// Control tokens, without the ends of text of the members that the fallback does not name: those
    /// they have learned.
    private static func unlearned(by members: [Member], fallback: Formula?) -> [TokenID] {
        guard let fallback else { return [] }
        let bases = members.filter { !fallback.members.contains($0.name) }
        guard !bases.isEmpty else { return [] }
        let learned = Set(bases.compactMap(\.model.vocabulary.endOfText))
        return members[0].model.vocabulary.controlTokens.filter { !learned.contains($0) }
    }

    private static func draft(
        _ name: String?, fallback: Formula?, formula: Formula
    ) throws(CompositeError) -> String? {
        if let name {
            guard formula.members.contains(name) else { throw .draftNotInFormula(name) }
            return name
        }
        let tuned = (fallback ?? formula).members
        return tuned.count == 1 && formula.members.contains(tuned[0]) ? tuned[0] : nil
    }
}

/// Which formula rules control tokens (marks such as end of turn).
public enum ControlTokens: String, Sendable, Hashable, CaseIterable {
    /// The fallback formula, except for the other members' own end of text. A base has hardly trained
    /// the rows of chat marks: there `large − small` is noise, and the reply might never end.
    case fallback
    /// The formula, as for every other token.
    case formula
}
