import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct RaceTests {
    static func winner(_ weights: [Float], seed: UInt64, position: UInt32) -> TokenID? {
        let row = Row.of(weights)
        return Race.winner(
            vocabulary: row.count, Noise(seed: seed, position: position), .draft
        ) { row.lanes(at: $0, padding: 0) }
    }

    /// Made with an independent implementation: weights v/64 of 64 tokens, seed 7, positions 0 to 23.
    @Test("winners are the published ones") func winnersAreThePublishedOnes() {
        let weights = (0..<64).map { Float($0) / 64 }
        let winners = (0..<24).map { Self.winner(weights, seed: 7, position: $0) }
        #expect(
            winners == [
                37, 56, 49, 62, 56, 61, 39, 59, 33, 32, 59, 57, 37, 49, 27, 63, 40, 29, 44, 57, 38,
                47, 63, 60,
            ])
    }

    @Test(
        "a token wins as often as its weight says",
        arguments: [
            [1], [1, 1], [0, 1, 2, 3, 4], [1, 0.001, 0.1],
            (0..<33).map { Float($0 % 3) }, (0..<50).map { 1 / Float($0 + 1) },
        ] as [[Float]])
    func aTokenWinsAsOftenAsItsWeightSays(weights: [Float]) {
        var counts = [Double](repeating: 0, count: weights.count)
        let row = Row.of(weights)
        for position in 0..<4000 as Range<UInt32> {
            let winner = Race.winner(
                vocabulary: row.count, Noise(seed: 11, position: position), .draft
            ) { row.lanes(at: $0, padding: 0) }
            counts[winner ?? 0] += 1
        }
        let total = Double(weights.reduce(0, +))
        #expect(ChiSquared.accepts(counts, of: weights.map { Double($0) / total }))
    }

    @Test("tokens without weight never win, and no weight means no winner")
    func tokensWithoutWeightNeverWinAndNoWeightMeansNoWinner() {
        for position in 0..<200 as Range<UInt32> {
            #expect(Self.winner([0, 0, 1, 0], seed: 1, position: position) == 2)
        }
        #expect(Self.winner([0, 0, 0], seed: 1, position: 0) == nil)
        #expect(Self.winner([Float](repeating: 0, count: 40) + [1e-30], seed: 1, position: 0) == 40)
        #expect(Self.winner([], seed: 1, position: 0) == nil)
    }

    @Test("the winner is the first of all, though most are not timed")
    func theWinnerIsTheFirstOfAll() {
        var generator = SplitMix(state: 5)
        for position in 0..<300 as Range<UInt32> {
            let weights = (0..<333).map { _ in
                Float(Reference.exp(Double.random(in: -30...0, using: &generator)))
            }
            let noise = Noise(seed: 3, position: position)
            let times = weights.indices.map { token in
                let uniform = Lanes(repeating: noise.uniform(token: token, .draft))
                return negativeLogOfComplement(uniform)[0] / weights[token]
            }
            let first = times.indices.min { times[$0] < times[$1] }
            #expect(Self.winner(weights, seed: 3, position: position) == first)
        }
    }

    @Test("the unit of the weights does not matter") func theUnitOfTheWeightsDoesNotMatter() {
        let weights: [Float] = [0.5, 0.25, 0.125, 1]
        for position in 0..<100 as Range<UInt32> {
            #expect(
                Self.winner(weights, seed: 2, position: position)
                    == Self.winner(weights.map { $0 / 1024 }, seed: 2, position: position))
        }
    }
}
