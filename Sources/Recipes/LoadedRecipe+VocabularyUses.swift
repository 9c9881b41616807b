import EmulatedFineTuning
import StringScores

extension LoadedRecipe {
    /// How members of the composite's vocabulary are asked, where that depends on their weights: beside a member of
    /// another vocabulary, those that neither the fallback nor the mask looks at. Empty without one.
    public var vocabularyUses: [String: VocabularyUse] {
        let readings = composite.members.map { ($0.model as? StringModel)?.reading }
        let isMixed = readings.contains { if case .text? = $0 { true } else { false } }
        guard isMixed else { return [:] }
        let formulas = [recipe.fallback, recipe.mask?.rule.formula].compactMap { $0 }
        let ruling = Set(formulas.flatMap(\.members))
        var uses: [String: VocabularyUse] = [:]
        for (member, reading) in zip(composite.members, readings)
        where !ruling.contains(member.name) && !isRemote(member) {
            switch reading {
            case .text?: continue
            case .tokens?: uses[member.name] = .strings
            case nil: uses[member.name] = .tokens
            }
        }
        return uses
    }

    private func isRemote(_ member: Member) -> Bool {
        guard let source = recipe.members.first(where: { $0.name == member.name })?.source else {
            return false
        }
        return if case .remote = source { true } else { false }
    }
}
