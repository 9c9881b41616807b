import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct StopMatcherTests {
    typealias Step = StopMatcher.Step

    /// What comes out of text that arrives in pieces.
    static func feed(_ stops: [String], _ pieces: [String]) -> Step {
        var matcher = StopMatcher(stops)
        var text = ""
        for piece in pieces {
            let step = matcher.append(piece)
            text += step.text
            if step.stop != nil { return Step(text: text, stop: step.stop) }
        }
        let last = matcher.finish()
        return Step(text: text + last.text, stop: last.stop)
    }

    /// Searches the whole text: the stop string that begins first, of those the shortest.
    static func search(_ stops: [String], _ text: String) -> Step {
        let scalars = Array(text.unicodeScalars)
        for start in scalars.indices {
            let match = stops.map { Array($0.unicodeScalars) }
                .filter { !$0.isEmpty && scalars[start...].starts(with: $0) }
                .min { $0.count < $1.count }
            guard let match else { continue }
            return Step(text: string(scalars[..<start]), stop: string(match[...]))
        }
        return Step(text: text, stop: nil)
    }

    static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    static func split(_ text: String, _ bits: Int) -> [String] {
        var pieces = [""]
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if index > 0, bits >> (index - 1) & 1 == 1 { pieces.append("") }
            pieces[pieces.count - 1].unicodeScalars.append(scalar)
        }
        return pieces
    }

    static let stops = [
        [], [""], ["ab"], ["ab", "abc"], ["abcd", "bc"], ["aab"], ["bb", "b"], ["é"], ["éa", "aé"],
        ["abab", "ba"], ["\n\n", "\n"], ["😀"],
    ]

    @Test("a stop string inside the beginning of another counts at the end")
    func aStopStringInsideTheBeginningOfAnotherCounts() {
        #expect(Self.feed(["abcd", "bc"], ["xa", "bc"]) == Step(text: "xa", stop: "bc"))
        #expect(Self.feed(["abcd", "bc"], ["xa", "b"]) == Step(text: "xab", stop: nil))
    }

    @Test("every split of a text ends where a search of the whole does", arguments: stops)
    func everySplitOfATextEndsWhereASearchOfTheWholeDoes(stops: [String]) {
        var generator = SplitMix(state: 1)
        let alphabet = ["a", "b", "c", "é", "è", "\n", "😀", "d"] as [Unicode.Scalar]
        for round in 0..<30 {
            let letters = alphabet.prefix(round % 3 == 0 ? 8 : 4)
            var text = ""
            for _ in 0..<7 {
                text.unicodeScalars.append(letters.randomElement(using: &generator) ?? "a")
            }
            let expected = Self.search(stops, text)
            for bits in 0..<64 {
                #expect(Self.feed(stops, Self.split(text, bits)) == expected)
            }
        }
    }

    @Test("text that may begin a stop string is held back until it cannot")
    func textThatMayBeginAStopStringIsHeldBackUntilItCannot() {
        var matcher = StopMatcher(["stop", "\nUser:"])
        #expect(matcher.append("one s") == Step(text: "one ", stop: nil))
        #expect(matcher.append("to") == Step(text: "", stop: nil))
        #expect(matcher.append("ne") == Step(text: "stone", stop: nil))
        #expect(matcher.append("\nUse") == Step(text: "", stop: nil))
        #expect(matcher.append("r: hi") == Step(text: "", stop: "\nUser:"))
        #expect(matcher.finish() == Step(text: "", stop: nil))
    }

    @Test("text held back at the end is released") func textHeldBackAtTheEndIsReleased() {
        var matcher = StopMatcher(["stop"])
        #expect(matcher.append("sto") == Step(text: "", stop: nil))
        #expect(matcher.finish() == Step(text: "sto", stop: nil))
    }
}
