import EmulatedFineTuning
import Recipes

/// How the members' weights depend on what is fitted: w = origin + directions · θ.
///
/// θ are the formula's parameters, or the weights themselves. The dependence is affine, so that the
/// likelihood is concave in θ.
struct WeightSpace {
    /// What is fitted.
    var names: [String]
    /// The recipe's own values.
    var start: [Double]
    var ranges: [ClosedRange<Double>]
    /// By member.
    var origin: [Double]
    /// `[θ][member]`.
    var directions: [[Double]]

    /// By member, whether it can have a weight.
    var matters: [Bool] {
        origin.indices.map { member in
            origin[member] != 0 || directions.contains { $0[member] != 0 }
        }
    }

    func weights(_ values: [Double]) -> [Double] {
        origin.indices.map { member in
            values.indices.reduce(origin[member]) { $0 + values[$1] * directions[$1][member] }
        }
    }

    /// The parameters of a recipe's formula.
    ///
    /// - Throws: ``StudyError`` when there are none, or weights are not affine in them.
    static func parameters(of recipe: Recipe, members: [String]) throws -> WeightSpace {
        let used = recipe.parameters.filter { recipe.formula.parameters.contains($0.name) }
        guard !used.isEmpty else {
            throw StudyError.notFitted(
                "A fit needs parameters in the formula: `\(recipe.formula)` has none. "
                    + "Write one, such as `beta * (…)`, or fit every weight with --free.")
        }
        let defaults = recipe.defaultParameters
        func weights(_ changed: [String: Double]) throws -> [Double] {
            let values = defaults.merging(changed) { $1 }
            let weights = try recipe.formula.weights(values)
            return members.map { weights[$0, default: 0] }
        }
        let base = try weights([:])
        var directions: [[Double]] = []
        for parameter in used {
            let moved = try weights([parameter.name: parameter.defaultValue + 1])
            directions.append(zip(moved, base).map { $0 - $1 })
        }
        // An affine map is known from these; at another place a map that is not affine differs.
        let probe = used.enumerated().map { ($1.name, $1.defaultValue + 0.5 + Double($0)) }
        let there = try weights(Dictionary(probe, uniquingKeysWith: { a, _ in a }))
        for member in members.indices {
            let expected = used.indices.reduce(base[member]) {
                $0 + (0.5 + Double($1)) * directions[$1][member]
            }
            guard abs(expected - there[member]) <= 1e-9 * max(1, abs(expected)) else {
                throw StudyError.notLogLinear(
                    "Weights must depend on the parameters linearly, or the fit has no single best "
                        + "value: in `\(recipe.formula)` they do not. Give each weight a parameter of "
                        + "its own, or fit every weight with --free.")
            }
        }
        try requireFixedFallback(recipe, used.map(\.name), directions)
        let start = used.map(\.defaultValue)
        let origin = members.indices.map { member in
            used.indices.reduce(base[member]) { $0 - start[$1] * directions[$1][member] }
        }
        return WeightSpace(
            names: used.map(\.name), start: start, ranges: used.map(\.range), origin: origin,
            directions: directions)
    }

    /// What the fallback rules must not depend on what is fitted: neither where it begins, nor what it says.
    private static func requireFixedFallback(
        _ recipe: Recipe, _ names: [String], _ directions: [[Double]]
    ) throws {
        let ruling = [recipe.fallback, recipe.mask?.rule.formula].compactMap { $0 }
        if let name = names.first(where: { name in
            ruling.contains { $0.parameters.contains(name) }
        }) {
            throw StudyError.notLogLinear(
                "The fallback and the mask must not depend on a parameter that is fitted, or the fit has "
                    + "no single best value: `\(name)` is one of theirs. Fit every weight with --free."
            )
        }
        guard recipe.fallback != nil else { return }
        for (name, direction) in zip(names, directions)
        where abs(direction.reduce(0, +)) > 1e-9 {
            throw StudyError.notLogLinear(
                "The weights must keep the fallback's sum at every value of a parameter: `\(name)` changes the "
                    + "sum of those in `\(recipe.formula)`. Fit every weight with --free.")
        }
    }

    /// Every member's weight. With a sum to keep, the last member's weight is what the others leave.
    static func free(
        of recipe: Recipe, members: [String], keepingSum sum: Double?
    ) throws -> WeightSpace {
        let defaults = recipe.defaultParameters
        let weights = try recipe.formula.weights(defaults)
        let fitted = sum == nil ? members : Array(members.dropLast())
        guard !fitted.isEmpty else {
            throw StudyError.notFitted(
                "A fit of weights needs more than one member if the fallback fixes their sum: "
                    + "there is only one.")
        }
        var origin = members.map { _ in 0.0 }
        if let sum { origin[members.count - 1] = sum }
        let directions = fitted.indices.map { index in
            members.indices.map { member in
                member == index ? 1.0 : sum != nil && member == members.count - 1 ? -1 : 0
            }
        }
        let limit = Formula.weightLimit
        return WeightSpace(
            names: fitted, start: fitted.map { weights[$0, default: 0] },
            ranges: fitted.map { _ in -limit...limit }, origin: origin, directions: directions)
    }
}
