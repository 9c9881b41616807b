import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct DetokenizerTests {
    static let corpus = [
        "", "plain", "é", "naïve café", "中文", "😀", "👩‍👩‍👧", "a😀b中c", "e\u{301}",
        "\u{10ffff}\u{800}\u{80}\u{7ff}",
        "\u{fffd}", "🇫🇷x\n",
    ]

    /// The pieces of text that bytes, cut at these places, give.
    static func pieces(_ bytes: [UInt8], cuts: [Int]) -> [String] {
        var detokenizer = Detokenizer()
        var pieces: [String] = []
        var start = 0
        for end in cuts + [bytes.count] {
            pieces.append(detokenizer.append(Array(bytes[start..<end])))
            start = end
        }
        pieces.append(detokenizer.finish())
        return pieces
    }

    /// All ways to cut short byte strings; random ones of long ones.
    static func cuts(_ count: Int) -> [[Int]] {
        if count <= 10 {
            return (0..<(1 << max(0, count - 1))).map { bits in
                (1..<max(1, count)).filter { bits >> ($0 - 1) & 1 == 1 }
            }
        }
        var generator = SplitMix(state: UInt64(count))
        return (0..<200).map { _ in (1..<count).filter { _ in Bool.random(using: &generator) } }
    }

    @Test("every split gives the same text and never half a character", arguments: corpus)
    func everySplitGivesTheSameTextAndNeverHalfACharacter(text: String) {
        let bytes = Array(text.utf8)
        for cuts in Self.cuts(bytes.count) {
            let pieces = Self.pieces(bytes, cuts: cuts)
            #expect(pieces.joined() == text)
            #expect(pieces.joined().unicodeScalars.elementsEqual(text.unicodeScalars))
            // Half a character would show as U+FFFD somewhere.
            if !text.contains("\u{fffd}") { #expect(!pieces.contains { $0.contains("\u{fffd}") }) }
        }
    }

    @Test("text is released as soon as it is complete") func textIsReleasedAsSoonAsItIsComplete() {
        var detokenizer = Detokenizer()
        #expect(detokenizer.append([0x61, 0xf0, 0x9f]) == "a")
        #expect(detokenizer.append([0x98]) == "")
        #expect(detokenizer.append([0x80, 0x62]) == "😀b")
        #expect(detokenizer.append([0xc3]) == "")
        #expect(detokenizer.finish() == "\u{fffd}")
        #expect(detokenizer.finish() == "")
    }

    @Test("bytes that can never be text are replaced at once")
    func bytesThatCanNeverBeTextAreReplacedAtOnce() {
        for bytes in [[0xff], [0xc0], [0x80], [0xe0, 0x80], [0xed, 0xa0], [0xf4, 0x90], [0xf8]]
            as [[UInt8]]
        {
            var detokenizer = Detokenizer()
            let text = detokenizer.append(bytes)
            #expect(text == String(decoding: bytes, as: UTF8.self))
            #expect(detokenizer.finish() == "")
        }
    }

    @Test("any bytes in any pieces read like String(decoding:)")
    func anyBytesInAnyPiecesReadLikeStringDecoding() {
        // Bytes where the rules of UTF-8 change.
        let edges: [UInt8] = [
            0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
            0xec,
            0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ]
        var generator = SplitMix(state: 1)
        for _ in 0..<4000 {
            let count = Int.random(in: 1...8, using: &generator)
            let bytes = (0..<count).map { _ in edges.randomElement(using: &generator) ?? 0 }
            let cuts = (1..<max(1, count)).filter { _ in Bool.random(using: &generator) }
            let text = Self.pieces(bytes, cuts: cuts).joined()
            let whole = String(decoding: bytes, as: UTF8.self)
            #expect(
                text.unicodeScalars.elementsEqual(whole.unicodeScalars), "\(bytes) cut at \(cuts)")
        }
    }
}
