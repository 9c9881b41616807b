/// Who is who in a composite: the parts of its formula in the words of the paper.
///
/// The tuned part is the fallback formula. Of the other members, those with positive weight are the
/// base, those with negative weight the reference, each scaled to weights that sum to 1:
/// `large + 1.5 * (chat - small)` has tuned `chat`, base `large`, reference `small`.
package struct DeltaRoles: Sendable, Equatable {
    package var tuned: WeightedSum
    package var base: WeightedSum
    package var reference: WeightedSum

    /// Nil when the formula has no such parts.
    package init?(_ composite: ResolvedComposite) {
        guard let fallback = composite.fallback else { return nil }
        let tuned = Set(fallback.terms.map(\.member))
        let others = composite.formula.terms.filter { !tuned.contains($0.member) }
        let positive = others.filter { $0.weight > 0 }
        let negative = others.filter { $0.weight < 0 }
        guard !positive.isEmpty, !negative.isEmpty else { return nil }
        self.tuned = fallback
        self.base = Self.normalised(positive)
        self.reference = Self.normalised(negative)
    }

    private static func normalised(_ terms: [WeightedSum.Term]) -> WeightedSum {
        let total = terms.reduce(0) { $0 + $1.weight }
        return WeightedSum(terms.map { .init(member: $0.member, weight: $0.weight / total) })
    }
}
