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

    @Test(
        "what other programs call an option comes before what is spelled alike",
        arguments: [
            ("repeat_penalty", " Did you mean `repetition_penalty`?"),
            ("repeat-penalty", " Did you mean `repetition_penalty`?"),
            ("n_predict", " Did you mean `max_tokens`?"),
            ("num_predict", " Did you mean `max_tokens`?"),
            ("temp", " Did you mean `temperature`?"),
            ("presence_penalti", " Did you mean `presence_penalty`?"),
            ("num_ctx", " The recipe sets it, as `context`."),
            // Others that are spelled alike do not mean the same.
            ("typical_p", ""), ("top_a", ""), ("frobnicate", ""),
        ])
    func whatOtherProgramsCallAnOptionComesFirst(name: String, hint: String) {
        let known = [
            "temperature", "top_p", "presence_penalty", "repetition_penalty", "max_tokens",
        ]
        #expect(name.hint(among: known) == hint)
    }

    @Test("there is nothing near in nothing") func thereIsNothingNearInNothing() {
        #expect("a".nearest(in: []) == nil)
    }
}
