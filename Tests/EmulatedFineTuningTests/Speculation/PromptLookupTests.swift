import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct PromptLookupTests {
    /// How many tokens before two places are the same.
    static func common(_ text: [TokenID], _ a: Int, _ b: Int) -> Int {
        zip(text[..<a].reversed(), text[..<b].reversed()).prefix { $0 == $1 }.count
    }

    static func text(_ count: Int, of kinds: Int, _ generator: inout SplitMix) -> [TokenID] {
        (0..<count).map { _ in Int.random(in: 0..<kinds, using: &generator) }
    }

    @Test("a match is the longest of the newest sixteen places", arguments: 1...40)
    func aMatchIsTheLongestOfTheNewestSixteenPlaces(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        let text = Self.text(Int(seed) * 9, of: 2 + Int(seed) % 7, &generator)
        let end = text.count
        let places = (0..<end).reversed().filter { Self.common(text, $0, end) >= 2 }.prefix(16)
        let lengths = places.map { min(64, Self.common(text, $0, end)) }
        let match = PromptLookup(text).match
        #expect(match?.length == lengths.max())
        #expect(match?.next == zip(places, lengths).first { $1 == lengths.max() }?.0)
    }

    @Test("what is appended is found as if it had been there", arguments: 1...20)
    func whatIsAppendedIsFoundAsIfItHadBeenThere(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        // Past the first size of the table, so that it grows.
        let text = Self.text(1_500, of: 3 + Int(seed), &generator)
        var lookup = PromptLookup([])
        for (end, token) in text.enumerated() {
            let held = text[..<end]
            if let match = lookup.match {
                #expect(match.length <= min(64, Self.common(Array(held), match.next, end)))
                #expect(match.length >= PromptLookup.shortest)
                #expect(lookup.expected == text[match.next])
            }
            lookup.append(token)
        }
        // The same two tokens stand somewhere before, for so few kinds of tokens.
        #expect(lookup.match != nil)
    }

    @Test("a continuation is what followed, over again where it is short")
    func aContinuationIsWhatFollowedOverAgainWhereItIsShort() {
        var lookup = PromptLookup([7, 1, 2, 3, 9, 1, 2])
        #expect(lookup.match == PromptLookup.Match(next: 3, length: 2))
        #expect(lookup.continuation(atMost: 6) == [3, 9, 1, 2, 3, 9])
        lookup.append(3)
        #expect(lookup.match == PromptLookup.Match(next: 4, length: 3))
        lookup.append(4)
        #expect(lookup.match == nil)
        #expect(lookup.expected == nil && lookup.continuation(atMost: 3).isEmpty)
        #expect(PromptLookup([]).match == nil && PromptLookup([1]).match == nil)
        #expect(PromptLookup([5, 5, 5]).continuation(atMost: 3) == [5, 5, 5])
    }
}
