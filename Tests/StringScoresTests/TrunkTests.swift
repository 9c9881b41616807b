import Foundation
import TestSupport
import Testing

@testable import StringScores

/// The trunk of a growing text is what its final tokens begin with.
@Suite struct TrunkTests {
    /// A tokenizer at random: merges learned from text, or of any two tokens.
    static func canonical(_ random: inout SeededRandom, _ cutter: Cutter) -> (
        ToyTokenizer, Canonical
    ) {
        let isLearned = Int.random(in: 0..<4, using: &random) > 0
        let tokenizer = ToyTokenizer.random(
            &random, alphabet: RandomText.alphabet,
            merges: Int.random(in: 10...80, using: &random), longest: 9, cutter: cutter,
            sample: isLearned ? RandomText.make(&random, parts: 150...150) : nil)
        return (tokenizer, Canonical(texts: tokenizer.texts, encode: tokenizer.encode))
    }

    /// Extends and cuts back a trunk at random, up to a whole text.
    private func grow(_ trunk: inout Trunk, to text: [UInt8], _ random: inout SeededRandom) throws {
        while trunk.text.count < text.count || trunk.text != text {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                trunk.rewind(to: Int.random(in: 0...trunk.text.count, using: &random))
            case 1:
                try trunk.extend(RandomText.make(&random, parts: 1...2))
            default:
                let common = zip(trunk.text, text).prefix { $0 == $1 }.count
                trunk.rewind(to: common)
                let more = Int.random(in: 1...12, using: &random)
                try trunk.extend(text[common...].prefix(more))
            }
        }
    }

    /// 5,000 texts in a usual run; TRUNK_TEXTS names another number.
    private static let texts =
        ProcessInfo.processInfo.environment["TRUNK_TEXTS"].flatMap(Int.init) ?? 5_000

    @Test("the final tokens begin with the trunk, rewinds included", arguments: Cutter.allCases)
    func theFinalTokensBeginWithTheTrunk(_ cutter: Cutter) throws {
        var random = SeededRandom(21)
        var (wrong, held, bytes, longest) = (0, 0, 0, 0)
        let share = Self.texts / Cutter.allCases.count
        for _ in 0..<(share / 100) {
            let (tokenizer, canonical) = Self.canonical(&random, cutter)
            for _ in 0..<100 {
                let text = RandomText.make(&random, parts: 1...14)
                var trunk = Trunk(canonical)
                try grow(&trunk, to: text, &random)
                let final = tokenizer.encode(text)
                let isRight = final.starts(with: trunk.tokens)
                wrong += isRight ? 0 : 1
                #expect(
                    isRight, "\(cutter): \(String(decoding: text, as: UTF8.self).debugDescription)")
                let spelled = trunk.tokens.flatMap { tokenizer.texts[$0] ?? [] }
                #expect(spelled + trunk.held == text && trunk.forcedCuts == 0)
                // The same as read at once, and at every earlier length.
                var fresh = Trunk(canonical)
                for length in text.indices {
                    #expect(fresh.point(at: length) == trunk.point(at: length))
                    try fresh.extend([text[length]])
                    held += fresh.held.count
                    longest = max(longest, fresh.held.count)
                }
                bytes += text.count
                #expect(fresh.tokens == trunk.tokens && fresh.held == trunk.held)
            }
        }
        print(
            "trunk, \(cutter): \(wrong) of \(share) texts wrong; held back",
            Double(held * 100 / max(1, bytes)) / 100, "bytes on average,", longest, "at most")
    }
}
