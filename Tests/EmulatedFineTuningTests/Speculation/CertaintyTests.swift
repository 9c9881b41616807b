import Testing

@testable import EmulatedFineTuning

@Suite struct CertaintyTests {
    @Test("at first surer tokens are likelier to be kept")
    func atFirstSurerTokensAreLikelierToBeKept() {
        let chances = [0, -0.02, -0.05, -0.2, -0.5, -1, -2, -20, -.infinity].map {
            Certainty().chance($0)
        }
        #expect(zip(chances.dropFirst(), chances).allSatisfy { $0 <= $1 })
        #expect(chances.allSatisfy { (0...1).contains($0) })
    }

    @Test("chances become the shares that were counted, class by class")
    func chancesBecomeTheSharesThatWereCountedClassByClass() {
        var certainty = Certainty()
        for index in 0..<1000 {
            certainty.record(-0.005, agrees: index % 4 != 0)
            certainty.record(-2, agrees: index % 4 == 0)
        }
        #expect(abs(certainty.chance(0) - 0.75) < 0.05)
        #expect(abs(certainty.chance(-1.5) - 0.25) < 0.05)
        #expect(certainty.chance(-0.5) == Certainty().chance(-0.5))
    }

    @Test("what changed is learnt within a few hundred positions")
    func whatChangedIsLearntWithinAFewHundredPositions() {
        var certainty = Certainty()
        for _ in 0..<1000 { certainty.record(-0.005, agrees: true) }
        for _ in 0..<300 { certainty.record(-0.005, agrees: false) }
        #expect(certainty.chance(0) < 0.05)
    }
}
