import Testing

@testable import EmulatedFineTuning

@Suite struct AgreementTests {
    static func after(_ positions: [Bool]) -> Agreement {
        var agreement = Agreement()
        for position in Array(repeating: positions, count: 150).joined() {
            agreement.record(position, logProbability: -0.5)
        }
        return agreement
    }

    @Test("drafts that never agree yield one token a round")
    func draftsThatNeverAgreeYieldOneTokenARound() {
        #expect(Self.after([false]).tokensPerRound(upTo: 3) == [1, 1, 1, 1])
    }

    @Test("drafts that always agree yield the block and one more")
    func draftsThatAlwaysAgreeYieldTheBlockAndOneMore() {
        let agreement = Self.after([true, true, true, true])
        #expect(
            zip(agreement.tokensPerRound(upTo: 3), [1, 2, 3, 4]).allSatisfy { abs($0 - $1) < 0.05 })
    }

    @Test("rounds are cut as decoding cuts them") func roundsAreCutAsDecodingCutsThem() {
        // Two agree, the third does not: a block of one takes ✓✓ then ✗: 3 tokens in 2 rounds.
        let positions = Array(repeating: [true, true, false], count: 10).flatMap { $0 }
        #expect(Agreement.tokensPerRound(positions, block: 0) == 1)
        #expect(Agreement.tokensPerRound(positions, block: 1) == 1.5)
        #expect(Agreement.tokensPerRound(positions, block: 2) == 3)
        #expect(Agreement.tokensPerRound(positions, block: 9) == 3)
    }

    @Test("a longer block never promises more a token than a shorter one")
    func aLongerBlockNeverPromisesMoreATokenThanAShorterOne() {
        for pattern in [
            [true, false], [true, true, true, false, false], [true, false, false, true],
        ] {
            let yields = Self.after(pattern).tokensPerRound(upTo: 16)
            let gains = zip(yields.dropFirst(), yields).map { $0 - $1 }
            #expect(gains.allSatisfy { $0 >= 0 })
            #expect(zip(gains.dropFirst(), gains).allSatisfy { $0 <= $1 + 1e-12 })
        }
    }

    @Test("a new reply starts from the latest of the earlier ones")
    func aNewReplyStartsFromTheLatestOfTheEarlierOnes() {
        var agreement = Agreement(after: Self.after([true]))
        #expect(agreement.tokensPerRound(upTo: 4)[4] > 4.5)
        for _ in 0..<Agreement.window { agreement.record(false, logProbability: -0.5) }
        #expect(agreement.tokensPerRound(upTo: 4)[4] == 1)
    }
}
