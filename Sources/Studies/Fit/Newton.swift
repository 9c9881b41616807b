import Foundation

/// Minimises a smooth convex function of a few numbers inside a box: projected, damped Newton steps.
///
/// Source: Bertsekas, *Projected Newton methods for optimization problems with simple constraints*, SIAM
/// J. Control Optim. 20 (1982); step lengths by Armijo's rule.
struct Newton {
    var ranges: [ClosedRange<Double>]
    var tolerance = 1e-9
    var limit = 100

    /// Value, gradient, Hessian.
    typealias Function = ([Double]) -> (value: Double, gradient: [Double], hessian: [[Double]])

    struct Minimum: Equatable {
        var point: [Double]
        var value: Double
        var iterations: Int
        /// Whether no step helps any more.
        var converged: Bool
    }

    func minimise(from start: [Double], _ function: Function) -> Minimum {
        var point = clamped(start)
        var current = function(point)
        for iteration in 0..<limit {
            let free = point.indices.filter { index in
                let (low, high) = (ranges[index].lowerBound, ranges[index].upperBound)
                let leaves =
                    (point[index] <= low && current.gradient[index] > 0)
                    || (point[index] >= high && current.gradient[index] < 0)
                return !leaves
            }
            let gradient = free.map { current.gradient[$0] }
            let step = Self.bounded(
                Self.solve(
                    free.map { row in free.map { current.hessian[row][$0] } }, gradient),
                by: max(1, point.reduce(0) { max($0, abs($1)) }))
            let decrease = zip(gradient, step).reduce(0) { $0 + $1.0 * $1.1 }
            guard decrease > tolerance else {
                return Minimum(
                    point: point, value: current.value, iterations: iteration, converged: true)
            }
            var length = 1.0
            var accepted = false
            while length > 1e-10, !accepted {
                var next = point
                for (index, place) in free.enumerated() { next[place] -= length * step[index] }
                next = clamped(next)
                let value = function(next)
                if value.value.isFinite, value.value <= current.value - 1e-4 * length * decrease {
                    (point, current, accepted) = (next, value, true)
                } else {
                    length /= 2
                }
            }
            if !accepted {
                return Minimum(
                    point: point, value: current.value, iterations: iteration,
                    converged: decrease < 1e-6)
            }
        }
        return Minimum(point: point, value: current.value, iterations: limit, converged: false)
    }

    /// The step, shortened so that none of its parts exceeds a limit: where the function is nearly
    /// straight, a full step would leave the region in which its derivatives mean anything.
    private static func bounded(_ step: [Double], by limit: Double) -> [Double] {
        let longest = step.reduce(0) { max($0, abs($1)) }
        return longest > limit ? step.map { $0 * limit / longest } : step
    }

    private func clamped(_ point: [Double]) -> [Double] {
        zip(point, ranges).map { min(max($0, $1.lowerBound), $1.upperBound) }
    }

    /// Solves H s = g for a positive semidefinite H by Cholesky; its diagonal is raised until it is
    /// positive definite.
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        let size = right.count
        let scale = (0..<size).reduce(0) { max($0, abs(matrix[$1][$1])) }
        var ridge = 1e-12 * max(scale, 1e-300)
        while ridge.isFinite {
            if let factor = cholesky(matrix, ridge) {
                var x = right
                for i in 0..<size {
                    for j in 0..<i { x[i] -= factor[i][j] * x[j] }
                    x[i] /= factor[i][i]
                }
                for i in (0..<size).reversed() {
                    for j in (i + 1)..<max(i + 1, size) { x[i] -= factor[j][i] * x[j] }
                    x[i] /= factor[i][i]
                }
                return x
            }
            ridge *= 10
        }
        // No number to divide by: then straight down.
        return right
    }

    private static func cholesky(_ matrix: [[Double]], _ ridge: Double) -> [[Double]]? {
        let size = matrix.count
        var factor = matrix
        for i in 0..<size {
            for j in 0...i {
                var sum = matrix[i][j] + (i == j ? ridge : 0)
                for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
                if i == j {
                    guard sum > 0 else { return nil }
                    factor[i][i] = sum.squareRoot()
                } else {
                    factor[i][j] = sum / factor[j][j]
                }
            }
        }
        return factor
    }
}
