import EmulatedFineTuning
import Foundation
import Recipes
import TestSupport
import Testing

@testable import Studies

@Suite struct FitTests {
    @Test("Newton finds the minimum of a quadratic in one step")
    func newtonOnAQuadratic() {
        // ½ xᵀ H x − b x with H = [[2, 1], [1, 3]], b = [1, 2]: the minimum is at [.2, .6].
        let found = Newton(ranges: [-10...10, -10...10]).minimise(from: [5, -5]) { x in
            (
                x[0] * x[0] + x[0] * x[1] + 1.5 * x[1] * x[1] - x[0] - 2 * x[1],
                [2 * x[0] + x[1] - 1, x[0] + 3 * x[1] - 2], [[2, 1], [1, 3]]
            )
        }
        #expect(abs(found.point[0] - 0.2) < 1e-9 && abs(found.point[1] - 0.6) < 1e-9)
        #expect(found.converged && found.iterations <= 2)
    }

    @Test("a bound holds, and the others go to their best beside it")
    func aBoundHolds() {
        let found = Newton(ranges: [-10...0, -10...10]).minimise(from: [-3, 0]) { x in
            (
                x[0] * x[0] + x[0] * x[1] + 1.5 * x[1] * x[1] - x[0] - 2 * x[1],
                [2 * x[0] + x[1] - 1, x[0] + 3 * x[1] - 2], [[2, 1], [1, 3]]
            )
        }
        #expect(found.point[0] == 0)
        #expect(abs(found.point[1] - 2.0 / 3) < 1e-9)
    }

    @Test("a start far off does not run away", arguments: [-40.0, -3, 7, 300])
    func aStartFarOff(_ start: Double) {
        // log cosh(x − 1): full Newton steps diverge from far starts.
        let found = Newton(ranges: [-1000...1000]).minimise(from: [start]) { x in
            let d = x[0] - 1
            return (
                abs(d) + log1p(exp(-2 * abs(d))) - log(2), [tanh(d)],
                [[1 / (cosh(min(abs(d), 300)) * cosh(min(abs(d), 300)))]]
            )
        }
        #expect(abs(found.point[0] - 1) < 1e-3)
    }

    private static let vocabulary = ByteTokenizer.vocabulary()

    private static func composite(fallback: Bool) throws -> Composite {
        func model(_ seed: UInt64) -> TableModel {
            .random(seed: seed, vocabulary: vocabulary, spread: 3)
        }
        return try Composite(
            members: [Member("a", model(1)), Member("b", model(2)), Member("c", model(3))],
            formula: "a" + "b" - "c", fallback: fallback ? "b" : nil)
    }

    /// Responses sampled from the members mixed with these weights.
    private static func rows(
        _ weights: [Double], count: Int, fallback: Bool = false
    ) async throws -> (MemberRows, Composite) {
        let composite = try composite(fallback: fallback)
        let formula = FitReport.formula(Array(zip(["a", "b", "c"], weights)).map { ($0, $1) })
        let engine = Engine(composite)
        let rows = MemberRows(members: ["a", "b", "c"], vocabulary: vocabulary.count)
        for example in 0..<count {
            var request = GenerationRequest(
                prompt: [TokenID(example % 200), 65], formula: formula, maxTokens: 40,
                ignoresEnd: true, seed: UInt64(example))
            var tokens: [TokenID] = []
            for try await case .token(let token) in engine.generate(request) {
                tokens.append(token.id)
            }
            request.kind = .score(tokens)
            try await rows.append(request, composite, example: example)
        }
        return (rows, composite)
    }

    @Test("derivatives are those of the value", arguments: [false, true])
    func derivativesAreThoseOfTheValue(_ fallback: Bool) async throws {
        let (rows, composite) = try await Self.rows([1, 1, -1], count: 4, fallback: fallback)
        let likelihood = Likelihood(
            rows, ruled: fallback ? composite.fallbackTokens : [],
            fallback: fallback ? [0, 1, 0] : nil)
        let positions = Array(rows.positions.indices)
        let weights = [0.7, 1.2, -0.6]
        let exact = likelihood.derivatives(positions, weights)
        let step = 1e-5
        for i in 0..<3 {
            var (up, down) = (weights, weights)
            up[i] += step
            down[i] -= step
            let (above, below) = (
                likelihood.derivatives(positions, up), likelihood.derivatives(positions, down)
            )
            #expect(abs((above.value - below.value) / (2 * step) - exact.gradient[i]) < 1e-6)
            for j in 0..<3 {
                let slope = (above.gradient[j] - below.gradient[j]) / (2 * step)
                #expect(abs(slope - exact.hessian[i][j]) < 1e-5)
            }
        }
    }

    @Test("nats are those that the engine gives the same tokens", arguments: [false, true])
    func natsAreTheEngines(_ fallback: Bool) async throws {
        let (rows, composite) = try await Self.rows([1, 1, -1], count: 3, fallback: fallback)
        // A composite for each engine: engines count on empty caches.
        let likelihood = Likelihood(
            rows, ruled: composite.fallbackTokens, fallback: fallback ? [0, 1, 0] : nil)
        for example in 0..<3 {
            let positions = rows.positions.indices.filter { rows.positions[$0].example == example }
            let request = GenerationRequest(
                prompt: [TokenID(example), 65],
                kind: .score(positions.map { rows.positions[$0].token })
            )
            let engine = try await Engine(Self.composite(fallback: fallback))
                .generate(request).collect().logProbability
            let ours = positions.reduce(0) { $0 + likelihood.nats($1, [1, 1, -1]) }
            #expect(abs(engine + ours) < 2e-3)
        }
    }

    @Test("weights that made the data are found again")
    func weightsAreFoundAgain() async throws {
        let truth = [0.5, 1.2, -0.7]
        let (rows, _) = try await Self.rows(truth, count: 120)
        let likelihood = Likelihood(rows, ruled: [], fallback: nil)
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: nil)
        let found = RecipeFit(penalty: 0).minimise(
            likelihood, space, Array(rows.positions.indices))
        // 4,800 tokens: the standard errors of the weights are below .01.
        for (value, wanted) in zip(found.point, truth) { #expect(abs(value - wanted) < 0.05) }
        #expect(found.converged)
    }

    @Test("the penalty pulls towards the recipe's own values")
    func thePenaltyPulls() async throws {
        let (rows, _) = try await Self.rows([0.2, 1, 0], count: 20)
        let likelihood = Likelihood(rows, ruled: [], fallback: nil)
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: nil)
        func distance(_ penalty: Double) -> Double {
            let found = RecipeFit(penalty: penalty).minimise(
                likelihood, space, Array(rows.positions.indices))
            return zip(found.point, space.start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        #expect(distance(0) > 10 * distance(10))
        #expect(distance(1e6) < 1e-6)
    }

    @Test("with a sum to keep, every fitted weight keeps it")
    func theSumIsKept() throws {
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: 1)
        #expect(space.names == ["a", "b"])
        #expect(abs(space.weights([0.3, 4]).reduce(0, +) - 1) < 1e-12)
        #expect(space.weights(space.start) == [1, 1, -1])
        let rounded = FitReport.rounded([("a", 1.23456789), ("b", 0.1), ("c", 0)], keeping: 1)
        #expect(abs(rounded.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    }

    @Test("parameters that enter linearly are found; others are refused with a remedy")
    func parametersMustBeLinear() throws {
        func recipe(_ formula: String) throws -> Recipe {
            Recipe(
                name: "test", members: [],
                formula: try Formula(
                    parsing: formula, members: ["a", "b", "c"], parameters: ["p", "q"]),
                parameters: [Parameter("p", default: 0.5, in: 0...2), Parameter("q", default: 1)])
        }
        let members = ["a", "b", "c"]
        let space = try WeightSpace.parameters(
            of: recipe("a + p * (b - c) + q * b"), members: members)
        #expect(space.names == ["p", "q"])
        #expect(space.weights([2, 3]) == [1, 5, -2])
        #expect(space.ranges[0] == 0...2)
        for formula in ["p * q * a + b", "a / p + b", "p * p * a + b"] {
            #expect(throws: StudyError.self, "\(formula)") {
                _ = try WeightSpace.parameters(of: recipe(formula), members: members)
            }
        }
        #expect(throws: StudyError.self) {
            _ = try WeightSpace.parameters(of: recipe("a + b - c"), members: members)
        }
    }
}
