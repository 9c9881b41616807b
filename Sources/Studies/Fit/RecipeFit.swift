public import EmulatedFineTuning
import Foundation
public import Recipes

/// Chooses a formula's parameters, or all its weights, by maximum likelihood on prompt–response pairs.
///
/// A weighted sum of log-probabilities is log-linear in the weights, also where a mask falls back to other members.
/// So this is a convex problem: the members are scored once, Newton's method does the rest. A penalty towards the
/// recipe's own values, ½ · penalty · ‖θ − θ₀‖² nats per token, keeps what the data say nothing about.
public struct RecipeFit: Sendable {
    public var penalty: Double
    public var fitsWeights: Bool
    /// Bytes that the members' log-probabilities may take.
    public var memory: Int
    public var resamples: Int

    public init(
        penalty: Double = 0.001, fitsWeights: Bool = false, memory: Int = 4 << 30,
        resamples: Int = 2000
    ) {
        self.penalty = penalty
        self.fitsWeights = fitsWeights
        self.memory = memory
        self.resamples = resamples
    }

    /// Examples that a fit needs at least: four to fit, one held out.
    static let fewest = 5

    /// Fits.
    ///
    /// - Parameters:
    ///   - loaded: the recipe to fit.
    ///   - requests: each with a response. Every fifth is held out.
    ///   - note: receives notes for the user.
    /// - Throws: ``StudyError``, and what the members throw.
    public func run(
        _ loaded: LoadedRecipe, _ requests: [GenerationRequest], note: (String) -> Void = { _ in }
    ) async throws -> FitReport {
        let recipe = loaded.recipe
        guard requests.count >= Self.fewest else {
            throw StudyError.tooFewExamples(found: requests.count, needed: Self.fewest)
        }
        let formula = recipe.formula.members
        var names = formula
        for ruling in [recipe.fallback, recipe.mask?.rule.formula] {
            names += (ruling?.members ?? []).filter { !names.contains($0) }
        }
        let sum = try recipe.fallback.map { fallback in
            try fallback.weights(recipe.defaultParameters).values.reduce(0, +)
        }
        let space =
            fitsWeights
            ? try WeightSpace.free(of: recipe, members: names, keepingSum: sum)
            : try WeightSpace.parameters(of: recipe, members: names)
        let data = try await positions(loaded, names, space, requests, note)
        let likelihood = Likelihood(data: data)
        let training = data.positions.indices.filter { !Self.isHeldOut(data.positions[$0].example) }
        let minimum = minimise(likelihood, space, training)
        guard minimum.converged else {
            throw StudyError.notFitted(
                "The fit found no best value in 100 steps: the data may not determine it. "
                    + "Raise --penalty.")
        }
        return try FitReport(
            recipe, space, minimum, likelihood, alone: loaded.tunedMembers,
            penalty: penalty, isFree: fitsWeights, resamples: resamples)
    }

    static func isHeldOut(_ example: Int) -> Bool { example % 5 == 4 }

    func minimise(
        _ likelihood: Likelihood, _ space: WeightSpace, _ positions: [Int]
    ) -> Newton.Minimum {
        let penalty = self.penalty
        return Newton(ranges: space.ranges).minimise(from: space.start) { values in
            let inner = likelihood.derivatives(positions, space.weights(values))
            let away = zip(values, space.start).map { $0 - $1 }
            var value = inner.value
            var gradient = space.directions.map { direction in
                zip(direction, inner.gradient).reduce(0) { $0 + $1.0 * $1.1 }
            }
            var hessian = space.directions.map { row in
                space.directions.map { column in
                    row.indices.reduce(0.0) { sum, i in
                        column.indices.reduce(sum) {
                            $0 + row[i] * inner.hessian[i][$1] * column[$1]
                        }
                    }
                }
            }
            for index in away.indices {
                value += 0.5 * penalty * away[index] * away[index]
                gradient[index] += penalty * away[index]
                hessian[index][index] += penalty
            }
            return (value, gradient, hessian)
        }
    }

    private func positions(
        _ loaded: LoadedRecipe, _ names: [String], _ space: WeightSpace,
        _ requests: [GenerationRequest], _ note: (String) -> Void
    ) async throws -> FitPositions {
        let data = try FitPositions(loaded.composite, members: names, matters: space.matters)
        for (example, request) in requests.enumerated() {
            let first = data.positions.count
            guard try await data.append(request, example: example, within: memory) else {
                guard example >= Self.fewest else {
                    throw StudyError.notFitted(
                        "The members' scores must fit into memory: there is room for \(example) "
                            + "responses, less than \(Self.fewest). Shorten them, or raise --memory."
                    )
                }
                note(
                    "\(example) of \(requests.count) responses are used: the scores of more do not fit "
                        + "into \(memory >> 20) MiB (--memory)")
                break
            }
            if let place = data.positions[first...].firstIndex(where: { $0.target == .impossible })
            {
                let token = request.response?[place - first] ?? 0
                throw Self.impossible(
                    example, loaded.composite.vocabulary.tokens[token].bytes, recipe: loaded.recipe)
            }
        }
        return data
    }

    private static func impossible(
        _ example: Int, _ bytes: [UInt8], recipe: Recipe
    ) -> StudyError {
        let remedy =
            recipe.mask?.effect == .forbid
            ? "Leave the response out, or ignore the mask with --ignore-mask."
            : recipe.fallback == nil
                ? "If some members lack the token, name the tuned one under `fallback`, which then rules it."
                : "Leave the response out."
        return .notFitted(
            "Response \(example + 1) has the token `\(String(decoding: bytes, as: UTF8.self))`, which the "
                + "recipe never says, so no values make it likely. \(remedy)")
    }
}
