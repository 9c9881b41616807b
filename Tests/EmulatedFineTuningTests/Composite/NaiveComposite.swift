@testable import EmulatedFineTuning

/// A composite as its definition says, in Float64, token by token.
struct NaiveComposite {
    var formula: [Double]
    var fallback: [Double]?
    var rule: Rule?
    var effect = Mask.Effect.fallback
    var fallbackTokens: [TokenID] = []

    enum Rule {
        case nucleus(Double, [Double])
        case relative(Double, [Double])
        case tokens([TokenID])
    }

    /// Probabilities from the members' raw logits; nil when nothing is allowed.
    func probabilities(_ logits: [[Float]]) -> [Double]? {
        let rows = logits.map { row in
            let largest = Double(row.max() ?? 0)
            let sum = row.reduce(0) { $0 + Reference.exp(Double($1) - largest) }
            return row.map { Double($0) - largest - Reference.log(sum) }
        }
        let kept = rule.map { inside($0, rows) }
        let scores = rows[0].indices.map { token -> Double in
            let f = fallback.map { plain($0, rows, token) } ?? -.infinity
            if fallbackTokens.contains(token), fallback != nil { return -.infinity }
            if let kept, !kept.contains(token) { return effect == .forbid ? -.infinity : f }
            let terms = zip(formula, rows).filter { $0.0 != 0 }
            if terms.contains(where: { $0.0 > 0 && $0.1[token] == -.infinity }) {
                return -.infinity
            }
            if terms.contains(where: { $0.1[token] == -.infinity }) { return f }
            return terms.reduce(0) { $0 + $1.0 * $1.1[token] }
        }
        let others = Self.softmax(scores)
        guard let fallback, !fallbackTokens.isEmpty else { return others }
        guard let ruling = Self.softmax(rows[0].indices.map { plain(fallback, rows, $0) }) else {
            return nil
        }
        let ruled = fallbackTokens.reduce(0) { $0 + ruling[$1] }
        guard ruled > 0 || others != nil else { return nil }
        return scores.indices.map { token in
            if fallbackTokens.contains(token) {
                return others == nil ? ruling[token] / ruled : ruling[token]
            }
            return others.map { $0[token] * (1 - ruled) } ?? 0
        }
    }

    private static func softmax(_ scores: [Double]) -> [Double]? {
        guard let largest = scores.max(), largest > -.infinity else { return nil }
        let weights = scores.map { Reference.exp($0 - largest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// The score under a formula without mask; what any member forbids is forbidden.
    private func plain(_ weights: [Double], _ rows: [[Double]], _ token: TokenID) -> Double {
        let terms = zip(weights, rows).filter { $0.0 != 0 }
        if terms.contains(where: { $0.1[token] == -.infinity }) { return -.infinity }
        return terms.reduce(0) { $0 + $1.0 * $1.1[token] }
    }

    private func inside(_ rule: Rule, _ rows: [[Double]]) -> [TokenID] {
        func weights(_ formula: [Double]) -> [Double] {
            let scores = rows[0].indices.map { plain(formula, rows, $0) }
            let largest = scores.max() ?? 0
            return scores.map { Reference.exp($0 - largest) }
        }
        switch rule {
        case .tokens(let tokens): return tokens
        case .relative(let share, let formula):
            let weights = weights(formula)
            return weights.indices.filter { weights[$0] >= share }
        case .nucleus(let share, let formula):
            let weights = weights(formula)
            let total = weights.reduce(0, +)
            var (mass, chosen) = (0.0, [TokenID]())
            for token in weights.indices.sorted(by: { (weights[$1], $0) < (weights[$0], $1) })
            where chosen.isEmpty || mass < share * total {
                if weights[token] == 0 { break }
                chosen.append(token)
                mass += weights[token]
            }
            return chosen
        }
    }
}
