import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@Suite struct FormulaHostileInputTests {
    static func parse(_ text: String) throws -> Formula {
        try Formula(parsing: text, members: ["a", "b"], parameters: ["x"])
    }

    @Test("random texts give a formula or an error, never a crash")
    func randomTextsGiveAFormulaOrAnErrorNeverACrash() {
        let alphabet = Array("ab x 1.5e+-*/()−_é²\u{301}\u{0}👩‍👩‍👧\n\r\t∞^")
        var generator = SplitMix(state: 1)
        for _ in 0..<3000 {
            let length = Int.random(in: 0...24, using: &generator)
            let text = String(
                (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            do {
                let formula = try Self.parse(text)
                #expect(try Self.parse(formula.description) == formula)
                _ = try? formula.weights(["x": 2])
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
    }

    @Test(
        "100,000 characters are refused at once",
        arguments: ["a", "(", "-", "a+", "1", "x*", "\u{301}", "a/"])
    func law100000CharactersAreRefusedAtOnce(piece: String) {
        #expect(throws: FormulaError.self) {
            try Self.parse(String(repeating: piece, count: 100_000))
        }
    }

    static func repeated(_ piece: String, _ count: Int) -> String {
        String(repeating: piece, count: count)
    }

    static let largest: [(String, Double)] = [
        (repeated("a+", 200) + "a", 201),
        (repeated("a-", 200) + "a", -199),
        (repeated("x*", 200) + "a", 1),
        ("a" + repeated("/x", 200), 1),
        ("a" + repeated("*x", 200), 1),
        (repeated("-", 63) + "a*1*x", -1),
        (repeated("-(", 31) + "a" + repeated(")", 31), -1),
        (repeated("(", 63) + "a" + repeated(")", 63) + repeated("+a", 200), 201),
    ]

    @Test("a formula that cannot be written within the limits is refused")
    func aFormulaThatCannotBeWrittenWithinTheLimitsIsRefused() {
        // Written `1 * a * (---…-x * x)`: one level deeper than it was read.
        #expect(throws: FormulaError.self) {
            try Self.parse(Self.repeated("-", 63) + "x*x*(1*a)")
        }
    }

    /// macOS gives second threads 512 KiB of stack.
    @Test("the largest formulas fit the stack of a second thread", arguments: largest)
    func theLargestFormulasFitTheStackOfASecondThread(
        text: String, expected: Double
    ) async throws {
        let weights: Result<[String: Double], any Error> = await withCheckedContinuation { done in
            let thread = Thread {
                done.resume(
                    returning: Result {
                        let formula = try Self.parse(text)
                        #expect(formula.members == ["a"])
                        #expect(try Self.parse(formula.description) == formula)
                        return try formula.weights(["x": 1])
                    })
            }
            thread.stackSize = 512 << 10
            thread.start()
        }
        #expect(try weights.get() == ["a": expected])
    }
}
