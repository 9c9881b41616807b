import Testing

@testable import EmulatedFineTuning

@Suite struct RaceTests {
    @Test func timing() {
        let weights = Row.of((0..<64).map { Float($0) / 64 })
        let clock = ContinuousClock()
        var winners = 0
        let time = clock.measure {
            for position in 0..<1000 {
                let noise = Noise(seed: 1, position: UInt32(position))
                winners += Race.winner(vocabulary: 64, noise, .draft) { weights.lanes(at: $0, padding: 0) }!
            }
        }
        print("1000 races of 64:", time, winners)
        let row = try! NormalizedRow.of((0..<258).map { Float($0) / 64 })
        let f = FinalDistribution(vocabulary: 258)
        let t2 = clock.measure { for _ in 0..<100 { try! f.fill(row, SamplingOptions(topK: 20, topP: 0.9), TokenHistory()) } }
        print("100 fills of 258:", t2)
        let t3 = clock.measure { for _ in 0..<100 { _ = LogSoftmax.logNormalizer(row.logits) } }
        print("100 normalisers of 258:", t3)
    }
}
