import EmulatedFineTuning
import TestSupport
import Testing

@Suite struct FormulaWeightsTests {
    static func weights(_ text: String, _ parameters: [String: Double] = [:]) throws -> [String:
        Double]
    {
        try Formula(
            parsing: text, members: ["large", "chat", "small", "help", "safe"],
            parameters: ["beta", "lambda", "x"]
        ).weights(parameters)
    }

    @Test(
        "weights are those computed by hand",
        arguments: [
            ("large + chat - small", ["large": 1, "chat": 1, "small": -1]),
            ("chat + beta * (large - small)", ["chat": 1, "large": 1.5, "small": -1.5]),
            (
                "large + lambda * (help - small) + (1 - lambda) * (safe - small)",
                ["large": 1, "help": 0.25, "safe": 0.75, "small": -1]
            ),
            ("(1 + beta) * chat - beta * small", ["chat": 2.5, "small": -1.5]),
            ("-(large - 2 * small) / 4", ["large": -0.25, "small": 0.5]),
            ("large - large", ["large": 0]),
            ("large + large", ["large": 2]),
            ("lambda / beta * large", ["large": 0.25 / 1.5]),
        ])
    func weightsAreThoseComputedByHand(text: String, expected: [String: Double]) throws {
        #expect(try Self.weights(text, ["beta": 1.5, "lambda": 0.25]) == expected)
    }

    @Test("weights are linear in the formula") func weightsAreLinearInTheFormula() throws {
        let parameters = ["x": 0.75, "λ": -3]
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomFormula(seed: seed)
            let (a, b) = (random.formula(depth: 3), random.formula(depth: 3))
            guard let left = try? a.weights(parameters), let right = try? b.weights(parameters),
                let sum = try? (a - b).weights(parameters)
            else { continue }  // one of them divides by zero, say
            for member in RandomFormula.members {
                let expected = left[member, default: 0] - right[member, default: 0]
                #expect(abs(sum[member, default: 0] - expected) <= 1e-9 * max(1, abs(expected)))
            }
        }
    }

    @Test("weights that no score can carry are refused") func weightsThatNoScoreCanCarryAreRefused()
    {
        #expect(throws: FormulaError.unusableWeight(member: "large", weight: .infinity)) {
            try Self.weights("large / x", ["x": 0])
        }
        #expect(throws: FormulaError.unusableWeight(member: "small", weight: -2e6)) {
            try Self.weights("large - x * small", ["x": 2e6])
        }
        #expect {
            try Self.weights("(x / x) * large", ["x": 0])
        } throws: { error in
            guard case FormulaError.unusableWeight("large", let weight) = error else {
                return false
            }
            return weight.isNaN
        }
    }

    @Test("a parameter without a value is an error") func aParameterWithoutAValueIsAnError() {
        #expect(throws: FormulaError.missingParameter("x")) { try Self.weights("x * large") }
        #expect(throws: FormulaError.missingParameter("beta")) {
            try Self.weights("large / (x * beta)", ["x": 1])
        }
    }
}
