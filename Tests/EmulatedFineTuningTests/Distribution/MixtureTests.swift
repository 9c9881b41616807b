import Testing

@testable import EmulatedFineTuning

@Suite struct MixtureTests {
    @Test("scores are weighted sums of log-probabilities")
    func scoresAreWeightedSumsOfLogProbabilities() throws {
        let rows = PositionRows([
            try .of(probabilities: [0.5, 0.25, 0.25]),
            try .of(probabilities: [0.125, 0.375, 0.5]),
        ])
        let sum = WeightedSum([.init(member: 0, weight: 2), .init(member: 1, weight: -0.5)])
        let scores = MutableRow(mutating: Row.of([7, 7, 7]))
        sum.scores(rows, into: scores)
        let expected = zip([0.5, 0.25, 0.25], [0.125, 0.375, 0.5]).map {
            2 * Reference.log($0) - 0.5 * Reference.log($1)
        }
        for token in 0..<3 {
            #expect(abs(Double(scores[token]) - expected[token]) < 1e-5)
            #expect(abs(sum.score(token, rows) - scores[token]) < 1e-6)
        }
    }

    @Test("a member of weight 0 is not read") func aMemberOfWeight0IsNotRead() throws {
        let sum = WeightedSum([.init(member: 0, weight: 1), .init(member: 9, weight: 0)])
        #expect(sum.terms.map(\.member) == [0])
        #expect(sum.score(0, PositionRows([try .of([0, 0])])).isFinite)
    }

    @Test("adding a constant to logits changes no score")
    func addingAConstantToLogitsChangesNoScore() throws {
        let logits: [Float] = [0.5, -2, 3, 1]
        let sum = WeightedSum([.init(member: 0, weight: 1.5)])
        let plain = try NormalizedRow.of(logits)
        for constant in [-100, 0.25, 1000] as [Float] {
            let shifted = try NormalizedRow.of(logits.map { $0 + constant })
            for token in logits.indices {
                let (a, b) = (PositionRows([plain]), PositionRows([shifted]))
                #expect(abs(sum.score(token, a) - sum.score(token, b)) < 1e-3)
            }
        }
    }
}
