import EmulatedFineTuning
import Foundation
import Grammars
import LlamaBackend
import Recipes
import TestSupport
import Testing

@Suite struct GrammarTokensTests {
    static let weights = Result { try LlamaWeights(path: RepositoryFiles.atlas("small-chat.gguf")) }

    /// Whether a grammar takes a text, token by token, and may end there.
    static func takes(_ text: String) throws -> Bool {
        let weights = try weights.get()
        let tokens = GrammarTokens(
            weights.vocabulary, ends: weights.vocabulary.endsOfGeneration)
        var state = try tokens.constraint("object") { try Grammar.jsonObject() }
        func allowed() -> [Bool] {
            var scores = [Float](repeating: 0, count: weights.vocabulary.count)
            scores.withUnsafeMutableBufferPointer { state.restrict($0) }
            return scores.map { $0 == 0 }
        }
        for token in try weights.tokenizer.encode(text, start: false, control: false) {
            guard allowed()[token] else { return false }
            state = state.advanced(by: token)
        }
        let ends = weights.vocabulary.endsOfGeneration
        return ends.contains { allowed()[$0] }
    }

    @Test(
        "the grammar takes JSON objects",
        arguments: [
            "{}", #"{"a": 1}"#, #"{"a": [1, -2.5e3, true, null, {"b": "c\n\u00e9"}], "d": {}}"#,
            #"{"name": "é😀"}"#,
        ])
    func theGrammarTakesJSONObjects(text: String) throws {
        #expect(try Self.takes(text))
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }

    @Test(
        "the grammar takes nothing else",
        arguments: [
            "", "[]", "{", #"{"a"}"#, #"{"a": 01}"#, #"{"a": 1,}"#, "{'a': 1}", #"{"a": nul}"#,
            "{}x", "Sure! {}", "{\"a\": \"\n\"}", #"{"a": .5}"#,
        ])
    func theGrammarTakesNothingElse(text: String) throws {
        #expect(try !Self.takes(text))
    }

    @Test("a grammar that cannot be read is refused") func aGrammarThatCannotBeReadIsRefused()
        throws
    {
        let vocabulary = try Self.weights.get().vocabulary
        let tokens = GrammarTokens(vocabulary, ends: vocabulary.endsOfGeneration)
        #expect(throws: GrammarError.self) {
            try tokens.constraint("broken") { try Grammar(gbnf: "root ::= (") }
        }
    }
}
