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
    /// Tokens that the fallback formula rules: those that other members never learned, or do not have.
    public let fallbackTokens: [TokenID]
    /// The member whose own samples are proposed in speculation.
    public let draft: String?
    /// The vocabulary that all members share.
    public let vocabulary: Vocabulary
    /// What each member lacks of it, in the members' order.
    public let alignments: [VocabularyAlignment]
    /// Every token that ends a reply under some member, ascending.
    public let endsOfGeneration: [TokenID]

    /// Joins members into a composite and checks that it is one.
    ///
    /// - Parameters:
    ///   - members: at least one. Their vocabularies agree but for padding, added tokens and renamed
    ///     marks (``Vocabulary/firstDifference(from:)``). Names of members and parameters are distinct.
    ///   - formula: over these members and parameters.
    ///   - parameters: numbers in the formula that a request may set.
    ///   - fallback: has the same sum of weights as the formula.
    ///   - mask: one that falls back needs `fallback`.
    ///   - control: which formula rules control tokens.
    ///   - draft: a member of the formula; by default the fallback, when that is a single member.
    ///   - tuned: the member whose names count where members call a mark differently; by default
    ///     those of the fallback, in its order.
    /// - Throws: ``CompositeError``, ``FormulaError``.
    public init(
        members: [Member], formula: Formula, parameters: [Parameter] = [], fallback: Formula? = nil,
        mask: Mask? = nil, control: ControlTokens = .fallback, draft: String? = nil,
        tuned: String? = nil
    ) throws {
        for (index, member) in members.enumerated()
        where members[..<index].contains(where: { $0.name == member.name }) {
            throw CompositeError.repeatedName(member.name)
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
        let naming = (tuned.map { [$0] } ?? []) + (fallback?.members.filter { $0 != tuned } ?? [])
        let shared = try SharedVocabulary(members, naming: naming)
        self.vocabulary = shared.vocabulary
        self.alignments = shared.alignments
        let speakers = zip(members.map(\.model.vocabulary), shared.alignments)
        self.endsOfGeneration = Set(
            speakers.flatMap { vocabulary, alignment in
                vocabulary.endsOfGeneration.filter(alignment.has)
            }
        ).sorted()
        self.fallbackTokens = Self.ruledByFallback(members, shared, fallback, control)
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

    /// Tokens that members which the fallback does not name (the bases) have never learned: control
    /// tokens, without their own ends of text; and those that one of them does not have at all.
    private static func ruledByFallback(
        _ members: [Member], _ shared: SharedVocabulary, _ fallback: Formula?,
        _ control: ControlTokens
    ) -> [TokenID] {
        guard let fallback else { return [] }
        let bases = members.indices.filter { !fallback.members.contains(members[$0].name) }
        guard !bases.isEmpty else { return [] }
        var ruled = Set(bases.flatMap { shared.alignments[$0].spelled })
        if control == .fallback {
            let learned = Set(
                bases.compactMap { index in
                    members[index].model.vocabulary.endOfText.flatMap {
                        shared.alignments[index].has($0) ? $0 : nil
                    }
                })
            ruled.formUnion(shared.vocabulary.controlTokens.filter { !learned.contains($0) })
        }
        return ruled.sorted()
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
    /// The formula, as for every other token. Those that a base does not have follow the fallback.
    case formula
}
