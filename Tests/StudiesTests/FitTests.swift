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

    /// What a fit has to do with: fallbacks, masks, and members that score chosen tokens only.
    enum Kind: CaseIterable {
        case formula, fallback, nucleus, relative, forbidding, tokensOnly

        var mask: Mask? {
            switch self {
            case .formula, .fallback: nil
            case .nucleus, .tokensOnly: Mask(.nucleus(0.8))
            case .relative: Mask(.relative(0.05, of: "a"))
            case .forbidding: Mask(.relative(0.001), .forbid)
            }
        }
    }

    private static func composite(_ kind: Kind) throws -> Composite {
        func model(_ seed: UInt64) -> TableModel {
            .random(seed: seed, vocabulary: vocabulary, spread: 3)
        }
        let sparse = SparseModel(model(1)) { row, tokens in
            let normalizer = LogSoftmax.logNormalizer(row.buffer) ?? .nan
            return tokens.map { row.buffer[$0] - normalizer }
        }
        let large: any LanguageModel = kind == .tokensOnly ? sparse : model(1)
        return try Composite(
            members: [Member("a", large), Member("b", model(2)), Member("c", model(3))],
            formula: "a" + "b" - "c", fallback: kind == .formula ? nil : "b",
            mask: kind.mask)
    }

    /// Responses sampled from the members mixed with these weights, under the mask of a kind.
    private static func data(
        _ weights: [Double], count: Int, _ kind: Kind = .formula, tokens: Int = 40
    ) async throws -> (data: FitPositions, requests: [GenerationRequest]) {
        let names = ["a", "b", "c"]
        let truth = FitReport.formula(Array(zip(names, weights)).map { ($0, $1) })
        func model(_ seed: UInt64) -> TableModel {
            .random(seed: seed, vocabulary: vocabulary, spread: 3)
        }
        let engine = Engine(
            try Composite(
                members: [Member("a", model(1)), Member("b", model(2)), Member("c", model(3))],
                formula: truth, fallback: kind == .formula ? nil : "b",
                mask: kind.mask))
        let data = try FitPositions(composite(kind), members: names)
        var requests: [GenerationRequest] = []
        for example in 0..<count {
            var request = GenerationRequest(
                prompt: [TokenID(example % 200), 65], maxTokens: tokens, ignoresEnd: true,
                seed: UInt64(example))
            var said: [TokenID] = []
            for try await case .token(let token) in engine.generate(request) {
                said.append(token.id)
            }
            request.kind = .score(said)
            #expect(try await data.append(request, example: example))
            requests.append(request)
        }
        return (data, requests)
    }

    @Test("derivatives are those of the value", arguments: Kind.allCases)
    func derivativesAreThoseOfTheValue(_ kind: Kind) async throws {
        let likelihood = Likelihood(data: try await Self.data([1, 1, -1], count: 4, kind).data)
        let positions = Array(likelihood.data.positions.indices)
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

    @Test("nats are those that the engine gives the same tokens", arguments: Kind.allCases)
    func natsAreTheEngines(_ kind: Kind) async throws {
        // Long enough that a response is read in several parts.
        let (data, requests) = try await Self.data([1, 1, -1], count: 3, kind, tokens: 70)
        let likelihood = Likelihood(data: data)
        var targets: Set<String> = []
        for (example, request) in requests.enumerated() {
            let positions = data.positions.indices.filter { data.positions[$0].example == example }
            // A composite for each engine: engines count on empty caches.
            let engine = try await Engine(Self.composite(kind)).generate(request).collect()
            let ours = positions.reduce(0) { $0 + likelihood.nats($1, [1, 1, -1]) }
            #expect(abs(engine.logProbability + ours) < 2e-3)
            for position in positions {
                if case .outside = data.positions[position].target { targets.insert("outside") }
                if case .ruled = data.positions[position].target { targets.insert("ruled") }
            }
        }
        let falls = kind.mask?.effect == .fallback
        #expect(targets == (falls ? ["outside", "ruled"] : ["ruled"]))
    }

    @Test("a member that scores chosen tokens is fitted as one that gives rows")
    func sparseMembersFitAlike() async throws {
        let rows = Likelihood(data: try await Self.data([1, 1, -1], count: 5, .nucleus).data)
        let chosen = Likelihood(data: try await Self.data([1, 1, -1], count: 5, .tokensOnly).data)
        for position in rows.data.positions.indices {
            let weights = [0.6, 1.1, -0.7]
            #expect(abs(rows.nats(position, weights) - chosen.nats(position, weights)) < 1e-4)
            #expect(abs(rows.nats(position, member: 0) - chosen.nats(position, member: 0)) < 1e-4)
        }
    }

    @Test("weights are found again under a mask", arguments: [Kind.nucleus, .tokensOnly])
    func weightsAreFoundUnderAMask(_ kind: Kind) async throws {
        let truth = [0.5, 1.2, -0.7]
        let likelihood = Likelihood(data: try await Self.data(truth, count: 120, kind).data)
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: 1)
        let found = RecipeFit(penalty: 0).minimise(
            likelihood, space, Array(likelihood.data.positions.indices))
        for (value, wanted) in zip(space.weights(found.point), truth) {
            #expect(abs(value - wanted) < 0.06)
        }
        #expect(found.converged)
    }

    @Test("weights that made the data are found again")
    func weightsAreFoundAgain() async throws {
        let truth = [0.5, 1.2, -0.7]
        let likelihood = Likelihood(data: try await Self.data(truth, count: 120).data)
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: nil)
        let found = RecipeFit(penalty: 0).minimise(
            likelihood, space, Array(likelihood.data.positions.indices))
        // 4,800 tokens: the standard errors of the weights are below .01.
        for (value, wanted) in zip(found.point, truth) { #expect(abs(value - wanted) < 0.05) }
        #expect(found.converged)
    }

    @Test("the penalty pulls towards the recipe's own values")
    func thePenaltyPulls() async throws {
        let likelihood = Likelihood(data: try await Self.data([0.2, 1, 0], count: 20).data)
        let recipe = Recipe(name: "test", members: [], formula: "a" + "b" - "c")
        let space = try WeightSpace.free(of: recipe, members: ["a", "b", "c"], keepingSum: nil)
        func distance(_ penalty: Double) -> Double {
            let found = RecipeFit(penalty: penalty).minimise(
                likelihood, space, Array(likelihood.data.positions.indices))
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

    @Test("a parameter that the fallback or the mask uses is refused where it would move the mask")
    func parametersOfTheMask() throws {
        func recipe(_ formula: String, fallback: String, mask: Mask?) throws -> Recipe {
            func parse(_ text: String) throws -> Formula {
                try Formula(parsing: text, members: ["a", "b", "c"], parameters: ["p"])
            }
            var recipe = Recipe(
                name: "test", members: [], formula: try parse(formula),
                parameters: [Parameter("p", default: 0.5, in: 0...2)])
            recipe.fallback = try parse(fallback)
            recipe.mask = mask
            return recipe
        }
        let members = ["a", "b", "c"]
        let mixed = "a + p * b + (1 - p) * c - b"
        let mask = Mask(.nucleus(0.9))
        _ = try WeightSpace.parameters(
            of: recipe(mixed, fallback: "c", mask: mask), members: members)
        #expect(throws: StudyError.self) {
            _ = try WeightSpace.parameters(
                of: recipe(mixed, fallback: "p * b + (1 - p) * c", mask: mask), members: members)
        }
        #expect(throws: StudyError.self, "the sum of the weights changes") {
            _ = try WeightSpace.parameters(
                of: recipe("p * a + b", fallback: "c", mask: nil), members: members)
        }
    }

    @Test(
        "a response that does not fit into memory leaves nothing behind",
        arguments: [Kind.formula, .nucleus])
    func memoryIsBounded(_ kind: Kind) async throws {
        let (data, requests) = try await Self.data([1, 1, -1], count: 2, kind)
        let bytes = MemoryLayout<Float>.size * data.values.count
        let again = try FitPositions(Self.composite(kind), members: ["a", "b", "c"])
        #expect(try await again.append(requests[0], example: 0, within: bytes))
        #expect(try await !again.append(requests[1], example: 1, within: bytes - 4))
        #expect(again.positions.allSatisfy { $0.example == 0 })
        #expect(again.values == Array(data.values.prefix(again.values.count)))
        #expect(try await again.append(requests[1], example: 1, within: bytes))
        #expect(again.values == data.values)
    }

    @Test("an empty prompt is refused")
    func emptyPromptsAreRefused() async throws {
        let data = try FitPositions(Self.composite(.formula), members: ["a", "b", "c"])
        await #expect(throws: GenerationError.emptyPrompt) {
            _ = try await data.append(
                GenerationRequest(prompt: [], kind: .score([65])), example: 0)
        }
    }
}
