import EmulatedFineTuning
import Foundation

/// How likely responses are under a weighted sum of the members, as a function of the weights:
///
///     −log p(y) = log Σᵥ exp(Σᵢ wᵢ xᵢ(v)) − Σᵢ wᵢ xᵢ(y)
///
/// convex in w; its gradient is E[x] − x(y), its Hessian the covariance of x under p. Control tokens that
/// the fallback f rules keep the probability that f gives them, as in decoding: the sum is over the
/// others, which share 1 − Σ p_f(c).
struct Likelihood {
    let rows: MemberRows
    /// By token: whether the fallback rules it.
    private let isRuled: [Bool]
    /// The fallback's weights, by member.
    private let fallback: [Double]?

    init(_ rows: MemberRows, ruled: [TokenID], fallback: [Double]?) {
        self.rows = rows
        var isRuled = Array(repeating: false, count: rows.vocabulary)
        if fallback != nil { for token in ruled { isRuled[token] = true } }
        self.isRuled = isRuled
        self.fallback = fallback
    }

    /// Value, gradient and Hessian in the weights: means over positions.
    struct Derivatives {
        var value = 0.0
        var gradient: [Double]
        var hessian: [[Double]]
    }

    /// Over positions whose token the weights can change; others have no slope.
    ///
    /// - Complexity: O(positions · vocabulary · members²).
    func derivatives(_ positions: [Int], _ weights: [Double]) -> Derivatives {
        let size = weights.count
        var total = Derivatives(
            gradient: Array(repeating: 0, count: size),
            hessian: Array(repeating: Array(repeating: 0, count: size), count: size))
        var scores = Array(repeating: 0.0, count: rows.vocabulary)
        for position in positions {
            rows.withRows(position) { row in
                add(row, rows.positions[position].token, weights, &scores, to: &total)
            }
        }
        let count = Double(max(1, positions.count))
        total.value /= count
        for i in 0..<size {
            total.gradient[i] /= count
            for j in 0..<size { total.hessian[i][j] /= count }
        }
        return total
    }

    private func add(
        _ row: UnsafeBufferPointer<Float>, _ token: TokenID, _ weights: [Double],
        _ scores: inout [Double], to total: inout Derivatives
    ) {
        let size = weights.count
        guard !isRuled[token], let largest = fill(&scores, row, weights), scores[token].isFinite
        else { return }
        var sum = 0.0
        var first = Array(repeating: 0.0, count: size)
        var second = Array(repeating: 0.0, count: size * size)
        for v in 0..<rows.vocabulary where scores[v] > -.infinity {
            let p = exp(scores[v] - largest)
            sum += p
            for i in 0..<size {
                let x = p * Double(row[i * rows.vocabulary + v])
                first[i] += x
                for j in 0...i { second[i * size + j] += x * Double(row[j * rows.vocabulary + v]) }
            }
        }
        total.value += largest + log(sum) - scores[token]
        for i in 0..<size {
            let mean = first[i] / sum
            total.gradient[i] += mean - Double(row[i * rows.vocabulary + token])
            for j in 0...i {
                let covariance = second[i * size + j] / sum - mean * first[j] / sum
                total.hessian[i][j] += covariance
                if i != j { total.hessian[j][i] += covariance }
            }
        }
    }

    /// −log p of a position's token under the composite with these weights, nats.
    func nats(_ position: Int, _ weights: [Double]) -> Double {
        let token = rows.positions[position].token
        return rows.withRows(position) { row in
            var scores = Array(repeating: 0.0, count: rows.vocabulary)
            var left = 0.0
            if let fallback {
                var own = scores
                let normalizer = Self.normalizer(fillAll(&own, row, fallback), own)
                if isRuled[token] { return normalizer - own[token] }
                let mass = isRuled.indices.reduce(0.0) {
                    isRuled[$1] ? $0 + exp(own[$1] - normalizer) : $0
                }
                left = log1p(-min(mass, 1))
            }
            let normalizer = Self.normalizer(fill(&scores, row, weights), scores)
            return normalizer - scores[token] - left
        }
    }

    private static func normalizer(_ largest: Double?, _ scores: [Double]) -> Double {
        guard let largest else { return .infinity }
        return largest + log(scores.reduce(0) { $0 + exp($1 - largest) })
    }

    /// Scores of the tokens that the weights rule, −∞ for the others; the largest.
    private func fill(
        _ scores: inout [Double], _ row: UnsafeBufferPointer<Float>, _ weights: [Double]
    ) -> Double? {
        _ = fillAll(&scores, row, weights)
        for token in isRuled.indices where isRuled[token] { scores[token] = -.infinity }
        return scores.max().flatMap { $0.isFinite ? $0 : nil }
    }

    /// Scores of all tokens; −∞ where a member forbids one.
    private func fillAll(
        _ scores: inout [Double], _ row: UnsafeBufferPointer<Float>, _ weights: [Double]
    ) -> Double? {
        for v in 0..<rows.vocabulary { scores[v] = 0 }
        for (member, weight) in weights.enumerated() where weight != 0 {
            for v in 0..<rows.vocabulary {
                scores[v] += weight * Double(row[member * rows.vocabulary + v])
            }
        }
        for v in 0..<rows.vocabulary where !scores[v].isFinite { scores[v] = -.infinity }
        return scores.max().flatMap { $0.isFinite ? $0 : nil }
    }
}
