import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@testable import StringScores

/// How long the vocabulary-wide parts take at 262,144 tokens. Not part of a usual run: STRING_TIMING=1.
@Suite(.serialized) struct TimingTests {
    @Test(
        "the vocabulary-wide parts, at 262,144 tokens",
        .enabled(
            if: ProcessInfo.processInfo.environment["STRING_TIMING"] != nil,
            "STRING_TIMING is not set"))
    func theVocabularyWideParts() throws {
        var random = SeededRandom(31)
        let texts: [[UInt8]?] = (0..<262_144).map { _ in
            (Bool.random(using: &random) ? [0x20] : [])
                + (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    UInt8.random(in: 0x61...0x7a, using: &random)
                }
        }
        let clock = ContinuousClock()
        var built: PrefixIndex?
        print("index of 262,144 tokens:", clock.measure { built = PrefixIndex(texts) })
        let index = try #require(built)
        let logits = texts.map { _ in Float.random(in: -20...0, using: &random) }
        logits.withUnsafeBufferPointer { logits in
            let row = NormalizedRow(logits, logNormalizer: 9)
            var masses = RowMasses(index)
            var sum = 0.0
            for _ in 0..<3 {
                let took = clock.measure {
                    masses.begin()
                    sum += masses.mass(of: index.all, in: row)
                }
                print("running sum of a row:", took)
            }
            let some = clock.measure {
                for text in texts.prefix(1_000) {
                    let range = index.range(of: text?.prefix(3) ?? [])
                    sum += masses.mass(of: range, in: row)
                }
            }
            print("range and mass of a string:", some / 1_000, "(\(sum))")
        }
    }
}
