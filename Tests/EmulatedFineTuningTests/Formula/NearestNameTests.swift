import Testing

@testable import EmulatedFineTuning

@Suite struct NearestNameTests {
    @Test(
        "a slip of the keys is recognised, another word is not",
        arguments: [
            ("chta", "chat"), ("Chat", "chat"), ("smal", "small"), ("lareg", "large"), ("s", nil),
            ("x", nil), ("entirely", nil), ("temperatur", "temperature"), ("", nil),
        ])
    func aSlipOfTheKeysIsRecognisedAnotherWordIsNot(name: String, expected: String?) {
        #expect(name.nearest(in: ["large", "chat", "small", "temperature"]) == expected)
    }

    @Test("there is nothing near in nothing") func thereIsNothingNearInNothing() {
        #expect("a".nearest(in: []) == nil)
    }
}
