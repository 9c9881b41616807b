import EmulatedFineTuning
import RealModule
import TestSupport
import Testing

@testable import StringScores

/// Scores of strings, against sums over all token sequences.
@Suite struct StringScorerTests {
    /// A tokenizer, a model and a trunk at random; few tokens, so that everything can be tried.
    struct Case {
        var tokenizer: ToyTokenizer
        var canonical: Canonical
        var model: RandomTable
        var trunk: [Int32]
        var alphabet: [UInt8]
        var continuations: [[UInt8]]

        init(_ random: inout SeededRandom, cutter: Cutter) {
            // Digits from the right stand for one another in the probes: one digit only.
            let alphabets =
                switch cutter {
                case .none: ["ab", "abc", "ab "]
                case .digitsFromRight: ["a1 ", "1.", "1a.", "1 ."]
                default: ["ab \n", "a1 ", "r'e ", "12.", "1a.", "a\n.", "a1 \n."]
                }
            let alphabet = Array((alphabets.randomElement(using: &random) ?? "").utf8)
            // The tokenizer can spell one of each kind of character.
            let spelled = cutter == .none ? alphabet : Set(alphabet + Array("a1. \n".utf8)).sorted()
            let sample: [UInt8] = (0..<40).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let tokenizer = ToyTokenizer.random(
                &random, alphabet: spelled, merges: Int.random(in: 2...10, using: &random),
                longest: 5, cutter: cutter, sample: cutter == .none ? nil : sample)
            self.tokenizer = tokenizer
            self.alphabet = alphabet
            canonical = Canonical(
                texts: Canonical.reachable(tokenizer.texts, encode: tokenizer.encode),
                encode: tokenizer.encode)
            model = RandomTable(vocabularyCount: tokenizer.texts.count, seed: random.next())
            trunk = (0..<2).map { _ in
                Int32.random(in: 0..<Int32(tokenizer.texts.count), using: &random)
            }
            // Everything of up to two bytes that may follow; three where digits are cut
            // from the right.
            let follow = cutter == .none ? [] : spelled
            continuations = [[]]
            var longest: [[UInt8]] = [[]]
            for _ in 0..<(cutter == .digitsFromRight ? 3 : 2) {
                longest = longest.flatMap { start in follow.map { start + [$0] } }
                continuations += longest
            }
        }

        func text(_ random: inout SeededRandom, _ lengths: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: lengths, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
        }
    }

    /// Compares scores with all branches to exhaustive sums; returns how many were compared.
    private func compare(
        _ random: inout SeededRandom, _ cutter: Cutter, _ lastTokens: BranchLimits.LastTokens
    ) -> Int {
        let toy = Case(&random, cutter: cutter)
        var limits = BranchLimits.unlimited
        limits.lastTokens = lastTokens
        var scorer = StringScorer(toy.canonical, limits: limits)
        var texts = toy.tokenizer.texts
        for (token, text) in toy.canonical.texts.enumerated() where text == nil {
            texts[token] = nil
        }
        let exhaustive = Exhaustive(
            toy.tokenizer, texts: texts, toy.model, trunk: toy.trunk,
            continuations: toy.continuations, everyLastToken: lastTokens == .any)
        let held = toy.text(&random, 0...3)
        let strings = (0..<4).map { _ in toy.text(&random, 0...4) }
        let plan = scorer.plan(held: held, strings: strings)
        #expect(plan.leftOut == 0)
        let expected = exhaustive.mass(held)
        guard let scores = scorer.scores(plan, toy.model, trunk: toy.trunk) else {
            #expect(expected == 0, "no scores for \(held)")
            return 0
        }
        #expect(scores.totalCut == 0 && scores.heldCut == 0 && scores.shared == 0)
        #expect(abs(Double.exp(scores.held) - expected) < 1e-9)
        for (place, string) in strings.enumerated() {
            let mass = exhaustive.mass(held + string)
            let value = scores.values[place]
            #expect(scores.cut[place] == 0)
            #expect(
                mass == 0 ? value == -.infinity : abs(Double.exp(value) - mass / expected) < 1e-9,
                "\(cutter), \(lastTokens): \(held) + \(string): \(Double.exp(value)), \(mass / expected)"
            )
        }
        return strings.count
    }

    @Test("all branches kept: the sum over all canonical sequences", arguments: Cutter.allCases)
    func allBranchesKept(_ cutter: Cutter) {
        var random = SeededRandom(11)
        var compared = 0
        while compared < 4_000 { compared += compare(&random, cutter, .canonical) }
    }

    @Test(
        "any last token: the sum over sequences canonical but for the last",
        arguments: Cutter.allCases)
    func anyLastToken(_ cutter: Cutter) {
        var random = SeededRandom(12)
        var compared = 0
        while compared < 4_000 { compared += compare(&random, cutter, .any) }
    }

    @Test("what was left out bounds the error, in one pass and in two")
    func whatWasLeftOutBoundsTheError() {
        var random = SeededRandom(13)
        var (worst, cuts, shares) = (0.0, 0, 0)
        for round in 0..<4_000 {
            let toy = Case(&random, cutter: Cutter.allCases[round % Cutter.allCases.count])
            let held = toy.text(&random, 0...3)
            let strings = (0..<6).map { _ in toy.text(&random, 1...5) }
            let weights = strings.map { _ in Double.random(in: 0...1, using: &random) }
            var all = StringScorer(toy.canonical, limits: .unlimited)
            let plan = all.plan(held: held, strings: strings)
            guard let exact = all.scores(plan, toy.model, trunk: toy.trunk) else { continue }
            var few = all
            few.limits.branches = Int.random(in: 0...4, using: &random)
            few.limits.depth = Int.random(in: 1...3, using: &random)
            few.limits.floor = [0, 0.01, 0.1, 0.3].randomElement(using: &random) ?? 0
            var cut = few.plan(held: held, strings: strings, weights: weights)
            if round % 2 == 1 { cut = few.trimmed(cut, toy.model, trunk: toy.trunk) }
            for (place, branch) in cut.branches.enumerated() {
                #expect(branch.depth <= few.limits.depth && branch.parent ?? -1 < place)
                #expect(cut.path(to: place).count == branch.depth)
            }
            #expect(cut.branches.count <= few.limits.branches)
            let isShared = round % 3 == 0
            guard
                let scores = few.scores(
                    cut, toy.model, trunk: toy.trunk, share: { isShared ? weights[$0] : 0 })
            else { continue }
            cuts += scores.totalCut > 0 ? 1 : 0
            shares += scores.shared
            // A(r) was at most heldCut more, each A(r·v) at most its cut more.
            let ratio = Double.exp(exact.held - scores.held)
            #expect(ratio >= 1 - 1e-9 && ratio <= 1 + scores.heldCut + 1e-9)
            for place in strings.indices {
                let was = Double.exp(scores.values[place])
                let isNow = Double.exp(exact.values[place]) * ratio
                if isShared {
                    #expect(abs(isNow - was) <= scores.cut[place] + 1e-9)
                } else {
                    #expect(isNow >= was - 1e-9 && isNow <= was + scores.cut[place] + 1e-9)
                }
                #expect(scores.cut[place] <= scores.totalCut + 1e-9)
                worst = max(worst, abs(isNow - was))
            }
        }
        #expect(cuts > 1_000 && shares > 500 && worst > 0.01)
    }

    @Test("a given string is as exact as the floor says, however unlikely it is")
    func aGivenStringIsAsExactAsTheFloor() {
        var random = SeededRandom(14)
        var (compared, mended) = (0, 0)
        for round in 0..<4_000 {
            let toy = Case(&random, cutter: Cutter.allCases[round % Cutter.allCases.count])
            let held = toy.text(&random, 0...3)
            let strings = (0..<6).map { _ in toy.text(&random, 1...5) }
            let given = Int.random(in: 0..<6, using: &random)
            var all = StringScorer(toy.canonical, limits: .unlimited)
            let plan = all.plan(held: held, strings: strings)
            guard let exact = all.scores(plan, toy.model, trunk: toy.trunk) else { continue }
            var few = all
            few.limits.floor = 0.05
            /// ln of how much of the string's probability is there, and its branches that were left out.
            func lost(_ plan: BranchPlan) -> (nats: Double, branches: Int)? {
                few.scores(plan, toy.model, trunk: toy.trunk).map { scores in
                    (
                        exact.values[given] + exact.held - scores.values[given] - scores.held,
                        plan.tree.way(of: given + 1).count { !plan.hasRow($0) }
                    )
                }
            }
            guard exact.values[given] > -.infinity,
                let without = lost(few.trimmed(plan, toy.model, trunk: toy.trunk)),
                let with = lost(few.trimmed(plan, toy.model, trunk: toy.trunk, given: given))
            else { continue }
            // Each branch left out holds less than the floor of what is there.
            #expect(with.nats <= Double.log(1 + 0.05 * Double(with.branches)) + 1e-9)
            #expect(with.branches <= without.branches)
            compared += 1
            mended += without.nats > Double.log(1 + 0.05 * Double(without.branches)) + 1e-9 ? 1 : 0
        }
        #expect(compared > 2_000 && mended > 50)
    }

    @Test("a string whose branches were all left out has its share, not −∞")
    func aStringWithoutBranchesHasItsShare() throws {
        // Two bytes, no merges: "ab" needs the row after "a".
        let tokenizer = ToyTokenizer(alphabet: Array("ab".utf8), merges: [])
        let canonical = Canonical(texts: tokenizer.texts, encode: tokenizer.encode)
        let model = RandomTable(vocabularyCount: 2, seed: 5)
        var scorer = StringScorer(canonical, limits: BranchLimits(branches: 0))
        let plan = scorer.plan(held: [], strings: [Array("ab".utf8)])
        #expect(plan.branches.isEmpty && plan.leftOut == 1)
        let unshared = scorer.scores(plan, model, trunk: [])
        let none = try #require(unshared)
        #expect(none.values == [-.infinity] && none.shared == 0)
        let first = model.probabilities(after: [])[0]
        #expect(abs(none.cut[0] - first) < 1e-6 && abs(none.totalCut - first) < 1e-6)
        let shared = scorer.scores(plan, model, trunk: [], share: { _ in 0.25 })
        let some = try #require(shared)
        #expect(abs(some.values[0] - Double.log(first * 0.25)) < 1e-6 && some.shared == 1)
    }

    @Test("over a text the values add up to the log-probability of all of its bytes")
    func valuesAddUp() throws {
        var random = SeededRandom(14)
        for round in 0..<200 {
            let toy = Case(&random, cutter: round % 2 == 0 ? .none : .llama3)
            let text = toy.text(&random, 4...6)
            var scorer = StringScorer(toy.canonical, limits: .unlimited)
            var sum = 0.0
            for end in text.indices {
                let plan = scorer.plan(held: Array(text[..<end]), strings: [[text[end]]])
                guard let scores = scorer.scores(plan, toy.model, trunk: toy.trunk) else {
                    sum = .nan
                    break
                }
                sum += scores.values[0]
            }
            let plan = scorer.plan(held: [], strings: [text])
            let scores = scorer.scores(plan, toy.model, trunk: toy.trunk)
            let whole = try #require(scores).values[0]
            #expect(sum.isNaN || abs(sum - whole) < 1e-9 || sum == whole)
        }
    }

    @Test("the heaviest branches are kept, those of the held bytes before all others")
    func theHeaviestBranchesAreKept() {
        let tokenizer = ToyTokenizer(alphabet: Array("abcd".utf8), merges: [])
        let canonical = Canonical(texts: tokenizer.texts, encode: tokenizer.encode)
        let scorer = StringScorer(canonical, limits: BranchLimits(branches: 3))
        let plan = scorer.plan(
            held: Array("ab".utf8), strings: ["c", "ca", "da", "b"].map { Array($0.utf8) },
            weights: [0.1, 0.2, 0.6, 0.1])
        // Open are a, ab, abc, abd: "ab" itself goes through a; all strings do through ab.
        #expect(plan.branches.map(\.token) == [0, 1, 3])
        #expect(plan.branches.map(\.parent) == [nil, 0, 1])
        #expect(plan.path(to: 2) == [0, 1, 3] && plan.leftOut == 1)
    }

    @Test("rows that are broken, or exclude the text, give no scores")
    func brokenRows() {
        let tokenizer = ToyTokenizer(alphabet: Array("ab".utf8), merges: [])
        var scorer = StringScorer(Canonical(texts: tokenizer.texts, encode: tokenizer.encode))
        let plan = scorer.plan(held: Array("a".utf8), strings: [[]])
        for logits in [[-.infinity, 0], [.nan, 0]] as [[Float]] {
            logits.withUnsafeBufferPointer {
                #expect(
                    scorer.scores(plan, trunk: NormalizedRow($0, logNormalizer: 0), branches: [])
                        == nil)
            }
        }
    }
}
