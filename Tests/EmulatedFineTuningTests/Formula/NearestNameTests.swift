import Testing

@testable import EmulatedFineTuning

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("chta", "chat"), ("Chat", "chat"), ("smal", "small"), ("lareg", "large"), ("s", nil),
        ("x", nil), ("entirely", nil), ("temperatur", "temperature"), ("", nil),
    ])
    func `a slip of the keys is recognised, another word is not`(name: String, expected: String?) {
        #expect(name.nearest(in: ["large", "chat", "small", "temperature"]) == expected)
    }

    @Test func `there is nothing near in nothing`() {
        #expect("a".nearest(in: []) == nil)
    }
}
