import EmulatedFineTuning
import RealModule
import TestSupport
import Testing

@testable import StringScores

/// The byte order of a vocabulary: ranges are what trying each token gives.
@Suite struct PrefixIndexTests {
    static func vocabulary(_ random: inout SeededRandom, _ count: Int, longest: Int) -> [[UInt8]?] {
        (0..<count).map { token in
            if token % 11 == 3 { return nil }
            if token % 17 == 5 { return [] }
            return (0..<Int.random(in: 1...longest, using: &random)).map { _ -> UInt8 in
                [0, 1, 0x61, 0x62, 0xff].randomElement(using: &random) ?? 0
            }
        }
    }

    @Test("a range holds exactly the tokens that begin with the bytes, whole ones first")
    func aRangeHoldsExactlyTheTokens() {
        var random = SeededRandom(1)
        for _ in 0..<60 {
            let texts = Self.vocabulary(
                &random, Int.random(in: 0...200, using: &random), longest: 11)
            let index = PrefixIndex(texts)
            #expect(index.vocabularyCount == texts.count)
            #expect(index.longestToken == texts.compactMap { $0?.count }.max() ?? 0)
            for _ in 0..<40 {
                let prefix: [UInt8] = (0..<Int.random(in: 0...10, using: &random)).map { _ in
                    [0, 1, 0x61, 0x62, 0xff, 0x63].randomElement(using: &random) ?? 0
                }
                let range = index.range(of: prefix)
                let expected = texts.indices.filter {
                    texts[$0].map { !$0.isEmpty && $0.starts(with: prefix) } ?? false
                }
                #expect(index.order[range].map(Int.init).sorted() == expected)
                let whole = index.tokens(spelling: prefix).map(Int.init)
                #expect(whole == (prefix.isEmpty ? [] : expected.filter { texts[$0] == prefix }))
            }
        }
    }

    @Test("masses are the sums of the probabilities, of small and of large ranges")
    func massesAreSums() {
        var random = SeededRandom(2)
        let texts = Self.vocabulary(&random, 12_000, longest: 9)
        let index = PrefixIndex(texts)
        var logits = texts.map { _ in Float.random(in: -30...0, using: &random) }
        logits[1] = -.infinity
        logits.withUnsafeBufferPointer { logits in
            let row = NormalizedRow(logits, logNormalizer: 1.5)
            var masses = RowMasses(index)
            masses.begin()
            for _ in 0..<300 {
                let bounds = [0, 0].map { _ in
                    Int.random(in: 0...index.order.count, using: &random)
                }.sorted()
                let range = bounds[0]..<bounds[1]
                let expected = index.order[range].reduce(0) {
                    $0 + Double.exp(Double(logits[Int($1)]) - 1.5)
                }
                #expect(abs(masses.mass(of: range, in: row) - expected) <= 1e-12 * expected)
            }
        }
    }

    @Test("the exponential is that of libm to 1e-14, and keeps to its edges")
    func theExponential() {
        var random = SeededRandom(3)
        for _ in 0..<20_000 {
            let x = Double.random(in: -690...690, using: &random)
            let y = exp(Doubles(repeating: x))[3]
            #expect(abs(y / Double.exp(x) - 1) < 1e-14)
        }
        #expect(exp(Doubles(repeating: 0))[0] == 1)
        #expect(exp(Doubles(repeating: -.infinity))[0] == 0)
        #expect(exp(Doubles(repeating: .infinity))[0] == .infinity)
        #expect(exp(Doubles(repeating: .nan))[0].isNaN)
    }

    @Test("a vocabulary without text has empty ranges")
    func aVocabularyWithoutText() {
        for texts in [[], [nil, nil], [[]]] as [[[UInt8]?]] {
            let index = PrefixIndex(texts)
            #expect(index.all.isEmpty && index.range(of: [0x61]).isEmpty && index.longestToken == 0)
        }
    }
}
