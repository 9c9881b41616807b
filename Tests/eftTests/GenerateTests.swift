import Foundation
import TestSupport
import Testing

/// The tool as a person uses it, over tiny random-weight models.
@Suite struct GenerateTests {
    static let adHoc = [
        "--member", "large=Tests/Fixtures/llama/tiny.gguf",
        "--member", "small=Tests/Fixtures/llama/tiny-split-00001-of-00002.gguf",
        "--member", "chat=Tests/Fixtures/llama/tiny.gguf",
        "--formula", "large + beta * (chat - small)", "--set", "beta=1", "--fallback", "chat",
    ]

    @Test("the reply alone is on standard output, and a seed repeats it")
    func theReplyAloneIsOnStandardOutputAndASeedRepeatsIt() throws {
        let arguments = ["generate"] + Self.adHoc + ["--seed", "5", "--max-tokens", "8", "Hi"]
        let first = try Tool.run(arguments)
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.output.hasSuffix("\n"))
        #expect(try Tool.run(arguments).output == first.output)
    }

    @Test("a reply that was cut says so on standard error")
    func aReplyThatWasCutSaysSoOnStandardError() throws {
        let outcome = try Tool.run(
            ["generate"] + Self.adHoc + ["--temperature", "0", "--max-tokens", "3", "Hi"])
        #expect(outcome.errors.contains("the reply was cut at 3 tokens"))
    }

    @Test("JSON carries tokens, members and statistics")
    func jsonCarriesTokensMembersAndStatistics() throws {
        let outcome = try Tool.run(
            ["generate"] + Self.adHoc + ["--seed", "5", "--max-tokens", "4", "--json", "Hi"])
        let object =
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let tokens = try #require(object?["tokens"] as? [[String: Any]])
        #expect(tokens.count == 4)
        let members = try #require(tokens[0]["members"] as? [String: Double])
        #expect(members.keys.sorted() == ["chat", "large", "small"])
        #expect(object?["seed"] as? Int == 5)
        #expect((object?["parameters"] as? [String: Double]) == ["beta": 1])
        let statistics = try #require(object?["statistics"] as? [String: Any])
        #expect(statistics["generated_tokens"] as? Int == 4)
        let drafted = try #require(statistics["drafted_by_position"] as? [Int])
        #expect(drafted.reduce(0, +) == statistics["drafted"] as? Int)
        #expect((statistics["accepted_by_position"] as? [Int])?.count == drafted.count)
        let rounds = try #require(statistics["rounds"] as? Int)
        #expect(statistics["passes_per_token"] as? Double == Double(rounds) / 4)
    }

    @Test("the token table shows members, deltas and variation")
    func theTokenTableShowsMembersDeltasAndVariation() throws {
        let outcome = try Tool.run(
            ["generate"] + Self.adHoc + ["--seed", "5", "--max-tokens", "3", "--show-tokens", "Hi"])
        #expect(outcome.output.contains("token"))
        for column in ["composite", "large", "small", "chat", "behaviour", "up-scaling", "TV"] {
            #expect(outcome.output.contains(column))
        }
        #expect(outcome.output.contains("seed 5"))
    }

    @Test("prompts come from a file, one reply a line in JSON")
    func promptsComeFromAFileOneReplyALineInJSON() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "prompts-\(UUID()).jsonl")
        let lines =
            #"{"prompt": "Hi"}"# + "\n\n" + #"{"messages": [{"role": "user", "content": "Hi"}]}"#
        try Data(lines.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let outcome = try Tool.run(
            ["generate"] + Self.adHoc
                + ["--seed", "1", "--max-tokens", "3", "--json", "--prompts", path.path])
        let replies = outcome.output.split(separator: "\n")
        #expect(replies.count == 2)
        // The second prompt is the first in other words: its cached tokens are the only difference.
        let texts = try replies.map { line in
            try (JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["reply"]
                as? String
        }
        #expect(texts[0] == texts[1])
    }

    @Test("a score adds up, and the members' rows explain the composite's")
    func aScoreAddsUpAndTheMembersRowsExplainTheCompositeS() throws {
        let outcome = try Tool.run(
            ["score"] + Self.adHoc + ["--prompt", "Hi", "--response", "there", "--json"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let object =
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let tokens = try #require(object?["tokens"] as? [[String: Any]])
        for token in tokens {
            let members = try #require(token["members"] as? [String: Double])
            let behaviour = try #require(token["behaviour_delta"] as? Double)
            let upscaling = try #require(token["upscaling_delta"] as? Double)
            let (large, small, chat) = (members["large"]!, members["small"]!, members["chat"]!)
            #expect(abs(behaviour - (chat - small)) < 1e-4)
            #expect(abs(upscaling - (large - small)) < 1e-4)
        }
    }

    @Test("compare shows every member and the composite")
    func compareShowsEveryMemberAndTheComposite() throws {
        let outcome = try Tool.run(
            ["compare"] + Self.adHoc + ["--seed", "2", "--max-tokens", "5", "Hi"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        for name in ["> Hi", "large", "small", "chat", "composite"] {
            #expect(outcome.output.contains(name))
        }
    }

    @Test("inspect describes members and says that vocabularies agree")
    func inspectDescribesMembersAndSaysThatVocabulariesAgree() throws {
        let outcome = try Tool.run(["inspect"] + Self.adHoc)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for text in [
            "vocabularies: all 3 agree", "rewind        to any length", "bytes of Jinja",
        ] {
            #expect(outcome.output.contains(text))
        }
    }

    @Test("chat keeps its history, sets parameters and forgets on reset")
    func chatKeepsItsHistorySetsParametersAndForgetsOnReset() throws {
        let lines = [
            "/set beta=0.5", "Hi", "/set beta=nope", "/set nope=1", "/set temp=1", "/frob",
            "/reset", "/set", "/quit",
            "no",
        ]
        let outcome = try Tool.run(
            ["chat"] + Self.adHoc + ["--seed", "1", "--max-tokens", "4"],
            input: Data(lines.joined(separator: "\n").utf8))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("beta=0.5 temperature=1"))
        #expect(outcome.output.contains("must be a finite number"))
        #expect(outcome.output.contains("`seed`, `beta`: `nope` is not one of them."))
        #expect(outcome.output.contains("`temp` is not one of them. Did you mean `temperature`?"))
        #expect(outcome.output.contains("There is no command `/frob`"))
    }

    @Test("the version names the libllama build") func theVersionNamesTheLibllamaBuild() throws {
        let outcome = try Tool.run(["--version"])
        #expect(outcome.output.contains("libllama") && outcome.output.contains("ggml"))
    }
}
