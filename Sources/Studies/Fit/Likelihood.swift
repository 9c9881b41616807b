import EmulatedFineTuning
import Foundation

/// How likely responses are under a weighted sum of the members, as a function of the weights. With S for the tokens
/// that the formula rules, and f for the fallback, which rules the others:
///
///     −log p(y) = log Z − Σᵢ wᵢ xᵢ(y)    for y in S,    log Z − f(y)    outside the mask,
///     Z = Σ_{v in S} exp(Σᵢ wᵢ xᵢ(v)) + Σ_{v outside} exp f(v)
///
/// convex in w, because S and f do not depend on it. The gradient is E[x] − x(y), the Hessian the covariance of x
/// under p, with x = 0 outside S. Control tokens that the fallback rules keep the probability that f gives them, as in
/// decoding: the others share 1 − Σ p_f(c).
struct Likelihood {
    let data: FitPositions

    /// Value, gradient and Hessian in the weights: means over positions.
    struct Derivatives {
        var value = 0.0
        var gradient: [Double]
        var hessian: [[Double]]
    }

    /// Over positions whose token the weights can change; others have no slope.
    ///
    /// - Complexity: O(positions · tokens that the formula rules · members²).
    func derivatives(_ positions: [Int], _ weights: [Double]) -> Derivatives {
        let size = weights.count
        var total = Derivatives(
            gradient: Array(repeating: 0, count: size),
            hessian: Array(repeating: Array(repeating: 0, count: size), count: size))
        for index in positions {
            let position = data.positions[index]
            data.withRows(position) { add($0, position, weights, to: &total) }
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
        _ row: UnsafeBufferPointer<Float>, _ position: FitPositions.Position,
        _ weights: [Double], to total: inout Derivatives
    ) {
        let (size, count) = (weights.count, position.ruled)
        let scores = scores(row, count, weights)
        guard let own = score(of: position.target, scores),
            let largest = largest(scores, position)
        else { return }
        var sum = exp(position.outside - largest)
        var first = Array(repeating: 0.0, count: size)
        var second = Array(repeating: 0.0, count: size * size)
        for v in 0..<count {
            let p = exp(scores[v] - largest)
            sum += p
            for i in 0..<size {
                let x = p * Double(row[i * count + v])
                first[i] += x
                for j in 0...i { second[i * size + j] += x * Double(row[j * count + v]) }
            }
        }
        total.value += largest + log(sum) - own
        for i in 0..<size {
            let mean = first[i] / sum
            total.gradient[i] += mean
            if case .ruled(let place) = position.target {
                total.gradient[i] -= Double(row[i * count + place])
            }
            for j in 0...i {
                let covariance = second[i * size + j] / sum - mean * first[j] / sum
                total.hessian[i][j] += covariance
                if i != j { total.hessian[j][i] += covariance }
            }
        }
    }

    /// −log p of a position's token under the composite with these weights, nats.
    func nats(_ index: Int, _ weights: [Double]) -> Double {
        let position = data.positions[index]
        return data.withRows(position) { row in
            if case .control(let logProbability) = position.target { return -logProbability }
            let scores = scores(row, position.ruled, weights)
            guard let own = score(of: position.target, scores),
                let largest = largest(scores, position)
            else { return .infinity }
            let sum = scores.reduce(exp(position.outside - largest)) { $0 + exp($1 - largest) }
            return largest + log(sum) - own - position.rest
        }
    }

    /// −log p of a position's token under a member alone, nats.
    func nats(_ index: Int, member: Int) -> Double {
        -Double(data.positions[index].alone[member])
    }

    /// The score of a response's token among others; nil where it has none, or needs none.
    private func score(of target: FitPositions.Target, _ scores: [Double]) -> Double? {
        switch target {
        case .ruled(let place): scores[place]
        case .outside(let score): score
        case .control, .impossible: nil
        }
    }

    private func largest(_ scores: [Double], _ position: FitPositions.Position) -> Double? {
        let largest = max(scores.max() ?? -.infinity, position.outside)
        return largest.isFinite ? largest : nil
    }

    /// Scores of the tokens that the formula rules.
    private func scores(
        _ row: UnsafeBufferPointer<Float>, _ count: Int, _ weights: [Double]
    ) -> [Double] {
        var scores = Array(repeating: 0.0, count: count)
        for (member, weight) in weights.enumerated() where weight != 0 {
            for v in 0..<count { scores[v] += weight * Double(row[member * count + v]) }
        }
        return scores
    }
}
