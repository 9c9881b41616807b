import EmulatedFineTuning
import Recipes

/// What a fit found.
public struct FitReport: Sendable, Encodable {
    public var recipe: String
    /// The formula with the fitted values in it.
    public var formula: String
    /// Fitted values by name: parameters, or members' weights.
    public var values: [Value]
    public var penalty: Double
    public var iterations: Int
    /// Tokens that were fitted, and held out.
    public var trainTokens: Int
    public var heldOutTokens: Int
    public var train: Nats
    public var heldOut: Nats
    let isFree: Bool
    let weights: [(member: String, weight: Double)]

    public struct Value: Sendable, Equatable, Encodable {
        public var name: String
        public var written: Double
        public var fitted: Double
        /// Whether the recipe's range kept it from going further.
        public var isAtBound: Bool
    }

    /// Nats per token: less is better.
    public struct Nats: Sendable, Equatable, Encodable {
        /// The fine-tuned member alone. If it is not known, every member with a positive weight.
        public var alone: [Alone]
        public var asWritten: Estimate
        public var fitted: Estimate
        /// as written − fitted, response by response.
        public var gain: Estimate
    }

    /// A member alone.
    public struct Alone: Sendable, Equatable, Encodable {
        public var member: String
        public var nats: Estimate
    }

    private enum CodingKeys: String, CodingKey {
        case recipe, formula, values, penalty, iterations, trainTokens, heldOutTokens, train
        case heldOut
    }

    init(
        _ recipe: Recipe, _ space: WeightSpace, _ minimum: Newton.Minimum,
        _ likelihood: Likelihood, alone: [String], penalty: Double, isFree: Bool, resamples: Int
    ) throws {
        let members = likelihood.data.members
        let fitted = space.weights(minimum.point)
        let written = space.weights(space.start)
        let alone = alone.compactMap { name in
            members.firstIndex(of: name).map { (name: name, member: $0) }
        }
        self.recipe = recipe.name
        self.penalty = penalty
        self.isFree = isFree
        iterations = minimum.iterations
        // The recipe's sum is kept to the last digit where the fit kept it.
        let keepsSum = isFree && space.names.count < members.count
        weights = Self.rounded(
            Array(zip(members, fitted)), keeping: keepsSum ? written.reduce(0, +) : nil)
        values = space.names.indices.map { index in
            let range = space.ranges[index]
            return Value(
                name: space.names[index], written: space.start[index],
                fitted: minimum.point[index],
                isAtBound: [range.lowerBound, range.upperBound].contains(minimum.point[index]))
        }
        formula =
            isFree ? Self.formula(weights).description : recipe.formula.description
        func nats(heldOut: Bool) -> (Nats, Int) {
            let positions = likelihood.data.positions.indices.filter {
                RecipeFit.isHeldOut(likelihood.data.positions[$0].example) == heldOut
            }
            return (
                Self.nats(
                    likelihood, positions, alone: alone, written: written, fitted: fitted,
                    resamples), positions.count
            )
        }
        (train, trainTokens) = nats(heldOut: false)
        (heldOut, heldOutTokens) = nats(heldOut: true)
    }

    private static func nats(
        _ likelihood: Likelihood, _ positions: [Int], alone: [(name: String, member: Int)],
        written: [Double], fitted: [Double], _ resamples: Int
    ) -> Nats {
        var place: [Int: Int] = [:]
        let systems: [(Int) -> Double] =
            [written, fitted].map { weights in { likelihood.nats($0, weights) } }
            + alone.map { one in { likelihood.nats($0, member: one.member) } }
        var sums = systems.map { _ in [Double]() }
        var sizes: [Double] = []
        for position in positions {
            let example = likelihood.data.positions[position].example
            let index = place[example, default: sizes.count]
            if index == sizes.count {
                place[example] = index
                sizes.append(0)
                for system in sums.indices { sums[system].append(0) }
            }
            sizes[index] += 1
            for (system, nats) in systems.enumerated() { sums[system][index] += nats(position) }
        }
        let bootstrap = Bootstrap(count: sizes.count, resamples: resamples, seed: 1)
        let means = sums.map { bootstrap.ratio($0, over: sizes) }
        return Nats(
            alone: zip(alone, means.dropFirst(2)).map { Alone(member: $0.name, nats: $1.estimate) },
            asWritten: means[0].estimate, fitted: means[1].estimate,
            gain: (means[0] - means[1]).estimate)
    }

    /// Six decimals; the last weight is what the others leave of a sum to keep.
    static func rounded(
        _ weights: [(member: String, weight: Double)], keeping sum: Double?
    ) -> [(member: String, weight: Double)] {
        func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
        var weights = weights.map { (member: $0.member, weight: rounded($0.weight)) }
        if let sum, !weights.isEmpty {
            let others = weights.dropLast().reduce(0) { $0 + $1.weight }
            weights[weights.count - 1].weight = rounded(sum - others)
        }
        return weights
    }

    /// Σ weight · member.
    static func formula(_ weights: [(member: String, weight: Double)]) -> Formula {
        var formula: Formula?
        for (member, weight) in weights where weight != 0 {
            let size = Scalar.number(abs(weight))
            let term: Formula = abs(weight) == 1 ? .member(member) : size * .member(member)
            formula =
                formula.map { weight < 0 ? $0 - term : $0 + term } ?? (weight < 0 ? -term : term)
        }
        return formula ?? .member(weights.first?.member ?? "")
    }
}
