import EmulatedFineTuning
import RealModule
import StringScores
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct StringModelTests {
    @Test(
        "scores are ratios of the probabilities of texts, over all ways to write them",
        arguments: 0..<40)
    func scoresAreRatiosOfTheProbabilitiesOfTexts(seed: Int) async throws {
        let family = TwoFamilies(seed: UInt64(seed))
        let model = try family.foreign(.everything)
        let exhaustive = family.exhaustive
        var random = SeededRandom(UInt64(seed) &+ 99)
        let text = (0..<6).map { _ in family.sharedTokens.randomElement(using: &random) ?? 0 }
        let asked = family.sharedTokens
        let pass = ForwardPass([
            SequenceExtension(
                sequence: 0, start: 0, tokens: text, scored: Array(text.indices),
                request: .tokens(text.map { _ in asked }))
        ])
        let scores = try await model.forward(pass)
        #expect(scores.count == text.count)
        for (place, scores) in scores.enumerated() {
            guard case .tokens(let values) = scores else { continue }
            let bytes = text[...place].flatMap { family.shared.texts[$0] ?? [] }
            let whole = exhaustive.mass(bytes)
            for (token, value) in zip(asked, values) {
                let mass = exhaustive.mass(bytes + (family.shared.texts[token] ?? []))
                let expected = mass > 0 ? Double.log(mass / whole) : -80
                #expect(abs(Double(value) - expected) < 2e-5, "place \(place), token \(token)")
            }
        }
    }

    @Test(
        "a sequence that was cut back, shared or asked in parts has the scores of one that was not",
        arguments: 0..<20)
    func aSequenceThatWasCutBackHasTheSameScores(seed: Int) async throws {
        let family = TwoFamilies(seed: UInt64(seed) &+ 500)
        let model = try family.foreign(BranchLimits())
        let whole = try TwoFamilies(seed: UInt64(seed) &+ 500).foreign(BranchLimits())
        var random = SeededRandom(UInt64(seed) &+ 7)
        var text: [TokenID] = []
        for _ in 0..<30 {
            if Int.random(in: 0..<3, using: &random) == 0, text.count > 1 {
                text.removeLast(Int.random(in: 1..<text.count, using: &random))
                try await model.rewind(0, to: text.count)
            }
            if Int.random(in: 0..<6, using: &random) == 0, !text.isEmpty {
                try await model.rewind(1, to: 0)
                try await model.share(0, with: 1, length: text.count)
                try await model.rewind(0, to: 0)
                try await model.share(1, with: 0, length: text.count)
            }
            let added = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                family.sharedTokens.randomElement(using: &random) ?? 0
            }
            let asked = Array(family.sharedTokens.shuffled(using: &random).prefix(5))
            let guesses = asked.map { _ in Float.random(in: -5...0, using: &random) }
            let scored = Array(added.indices.suffix(Int.random(in: 1...3, using: &random)))
            let pass = { (start: Int, tokens: [TokenID], scored: [Int]) in
                ForwardPass([
                    SequenceExtension(
                        sequence: 0, start: start, tokens: tokens, scored: scored,
                        request: .tokens(scored.map { _ in asked }),
                        guesses: scored.map { _ in guesses })
                ])
            }
            let scores = try await model.forward(pass(text.count, added, scored))
            let start = text.count
            text += added
            for (place, offset) in scored.enumerated() {
                try await whole.rewind(0, to: 0)
                let length = start + offset + 1
                let alone = try await whole.forward(
                    pass(0, Array(text.prefix(length)), [length - 1]))
                #expect(scores[place].values == alone[0].values)
            }
        }
    }

    @Test("a given token is nearer to its exact score than one that is still to be chosen")
    func aGivenTokenIsNearerToItsExactScore() async throws {
        var (asGiven, asOthers, compared) = (0.0, 0.0, 0)
        for seed in 0..<30 as Range<UInt64> {
            let family = TwoFamilies(seed: seed &+ 900)
            var random = SeededRandom(seed)
            let text = (0..<5).map { _ in family.sharedTokens.randomElement(using: &random) ?? 0 }
            let rare = text.map { _ in family.sharedTokens.randomElement(using: &random) ?? 0 }
            func scores(_ floor: Double, given: Bool) async throws -> [Double] {
                var limits = BranchLimits.everything
                limits.floor = floor
                let found = try await TwoFamilies(seed: seed &+ 900).foreign(limits).forward(
                    ForwardPass([
                        SequenceExtension(
                            sequence: 0, start: 0, tokens: text, scored: Array(text.indices),
                            request: .tokens(rare.map { [$0] }),
                            given: given ? rare.map { $0 } : [])
                    ]))
                return found.flatMap { $0.values.map(Double.init) }
            }
            let exact = try await scores(0, given: false)
            let (others, given) = (
                try await scores(0.3, given: false), try await scores(0.3, given: true)
            )
            for place in exact.indices where exact[place] > -60 {
                asOthers += abs(others[place] - exact[place])
                asGiven += abs(given[place] - exact[place])
                compared += 1
            }
        }
        #expect(compared > 100)
        #expect(
            asGiven < 0.7 * asOthers,
            "\(asGiven / Double(compared)), \(asOthers / Double(compared))")
    }

    @Test("a prompt in the member's own tokens stands as it is, and can only open a sequence")
    func aPromptInTheMembersOwnTokensStands() async throws {
        let family = TwoFamilies(seed: 3)
        let model = try family.foreign(BranchLimits())
        let token = family.sharedTokens[0]
        let opened = ForwardPass([
            SequenceExtension(
                sequence: 0, start: 0, tokens: [~2, ~3, token], scored: [1, 2],
                request: .tokens([[token], [token]]))
        ])
        #expect(try await model.forward(opened).count == 2)
        #expect(await family.foreignTable.contents[0].prefix(2) == [2, 3])
        let late = ForwardPass([SequenceExtension(sequence: 0, start: 3, tokens: [~2])])
        await #expect(throws: ModelError.self) { try await model.forward(late) }
        try await model.rewind(0, to: 1)
        #expect(
            try await model.forward(
                ForwardPass([
                    SequenceExtension(
                        sequence: 0, start: 1, tokens: [token], scored: [0],
                        request: .tokens([[token]]))
                ])
            ).count == 1)
        #expect(await family.foreignTable.contents[0].first == 2)
    }
}

extension Scores {
    /// The values of chosen tokens.
    var values: [Float] { if case .tokens(let values) = self { values } else { [] } }
}
