/// A weighted sum of log-probabilities: Σ wᵢ log pᵢ(v).
package struct WeightedSum: Sendable, Equatable {
    /// Members by index, with their weights; none is 0.
    package var terms: [Term]

    package struct Term: Sendable, Equatable {
        package var member: Int
        package var weight: Float

        package init(member: Int, weight: Float) {
            self.member = member
            self.weight = weight
        }
    }

    package init(_ terms: [Term]) {
        self.terms = terms.filter { $0.weight != 0 }
    }

    /// The score of one token, nats.
    ///
    /// Infinities follow from IEEE arithmetic: −∞ or NaN when a positively weighted member forbids the
    /// token, +∞ when only negatively weighted ones do.
    package func score(_ token: TokenID, _ members: PositionRows) -> Float {
        terms.reduce(0) { $0 + $1.weight * members[$1.member][token] }
    }

    /// Writes the score of every token.
    ///
    /// - Complexity: O(terms · vocabulary), one pass per term.
    package func scores(_ members: PositionRows, into scores: MutableRow) {
        if terms.isEmpty { scores.update(repeating: 0) }
        let sums = Row(scores)
        for (position, term) in terms.enumerated() {
            let member = members[term.member]
            let (weight, normalizer) = (term.weight, member.logNormalizer)
            for (index, x) in member.logits.lanes(padding: 0) {
                let part = (x - normalizer) * weight
                scores.store(
                    position == 0 ? part : sums.lanes(at: index, padding: 0) + part, at: index)
            }
        }
    }
}
