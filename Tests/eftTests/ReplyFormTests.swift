import Foundation
import TestSupport
import Testing

/// `eft generate --schema`, `--grammar` and `--regex`, over tiny random-weight models.
@Suite struct ReplyFormTests {
    static let schema = """
        {"type": "object",
         "properties": {"a": {"enum": ["x", "yy"]}, "b": {"type": "boolean"}},
         "required": ["a", "b"], "additionalProperties": false}
        """

    /// Runs `eft generate` with a form that a file holds.
    static func generate(
        _ option: String, file text: String, _ more: [String] = []
    ) throws -> Tool.Outcome {
        let path = FileManager.default.temporaryDirectory.appending(path: "form-\(UUID()).txt")
        try Data(text.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try generate([option, path.path] + more)
    }

    static func generate(_ more: [String]) throws -> Tool.Outcome {
        try Tool.run(["generate"] + GenerateTests.adHoc + ["--max-tokens", "200"] + more + ["Hi"])
    }

    @Test("a reply validates against a schema", arguments: 1...4)
    func aReplyValidatesAgainstASchema(seed: Int) throws {
        let outcome = try Self.generate("--schema", file: Self.schema, ["--seed", "\(seed)"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let reply =
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(reply?.count == 2 && ["x", "yy"].contains(reply?["a"] as? String))
        #expect(reply?["b"] is Bool)
    }

    @Test("a reply follows a grammar, and matches a regular expression")
    func aReplyFollowsAGrammar() throws {
        let grammar = try Self.generate("--grammar", file: #"root ::= [0-9] "-" [a-c]{2}"#)
        #expect(grammar.code == 0, "\(grammar.errors)")
        #expect(grammar.output.wholeMatch(of: /[0-9]-[a-c]{2}\n/) != nil, "\(grammar.output)")
        let regex = try Self.generate(["--regex", "(left|right) [0-9]{3}", "--json"])
        #expect(regex.code == 0, "\(regex.errors)")
        let object =
            try JSONSerialization.jsonObject(with: Data(regex.output.utf8)) as? [String: Any]
        let reply = object?["reply"] as? String ?? ""
        #expect(reply.wholeMatch(of: /(left|right) [0-9]{3}/) != nil, "\(reply)")
    }

    @Test("the best of several replies of a form is one of them")
    func theBestOfSeveralRepliesOfAFormIsOneOfThem() throws {
        let outcome = try Self.generate(
            ["--regex", "[a-c]{4}", "--best-of", "3", "--temperature", "1"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.wholeMatch(of: /[a-c]{4}\n/) != nil, "\(outcome.output)")
    }

    struct Refusal: Sendable {
        var option: String
        var file: String
        var text: String
    }

    static let refused = [
        Refusal(
            option: "--schema", file: #"{"type": "object", "patternProperties": {"a": {}}}"#,
            text: "`patternProperties`"),
        Refusal(option: "--schema", file: #"{"properties": {"a": {"not": {}}}}"#, text: "`not`"),
        Refusal(option: "--schema", file: "{", text: "A schema must be JSON"),
        Refusal(option: "--grammar", file: "root ::= (", text: "line 1"),
    ]

    @Test(
        "a form that cannot be kept is refused before models are loaded", arguments: refused.indices
    )
    func aFormThatCannotBeKeptIsRefused(index: Int) throws {
        let refusal = Self.refused[index]
        let outcome = try Self.generate(refusal.option, file: refusal.file)
        #expect(outcome.code == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(refusal.text), "\(outcome.errors)")
        #expect(outcome.errors.count < 500)
    }
}
