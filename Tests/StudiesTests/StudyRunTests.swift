import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import TestSupport
import Testing

@testable import Studies

/// Whole runs on the demo family.
@Suite(.serialized) struct StudyRunTests {
    static let yaml = """
        name: test
        prompts:
          facts: { file: facts.jsonl }
          options: { file: options.jsonl }
        systems:
          small tuned: { recipe: up.yaml, member: chat }
          up-scaled: { recipe: up.yaml }
          amplified: { recipe: beta.yaml, sweep: { beta: [0, 1] }, prompts: [facts] }
          truncated: { recipe: up.yaml, sweep: { nucleus: [0.9, 1] }, prompts: [facts] }
        sampling: { temperature: 1, max_tokens: 24 }
        seeds: [1, 2]
        threads: 1
        judges:
          names it: { kind: contains }
          picks it: { kind: choice }
        metrics:
          factuality: { judge: names it, score: right, prompts: facts }
          picking: { judge: picks it, score: right, prompts: options }
        figures:
          - { kind: amplification, sweep: amplified, beside: [small tuned], metrics: [factuality] }
          - { kind: truncation, sweep: truncated, metrics: [factuality] }
          - { kind: truncation, sweep: truncated, beside: [up-scaled], metrics: [factuality] }
          - { kind: agreement, system: up-scaled, prompts: facts, replies: 2, blocks: [2] }
        """

    /// A study of six questions in a folder.
    static func prepare(_ folder: Folder, _ yaml: String = yaml) throws -> Study {
        let members = """
            members:
              large: \(RepositoryFiles.atlas("large-base.gguf"))
              small: \(RepositoryFiles.atlas("small-base.gguf"))
              chat: \(RepositoryFiles.atlas("small-chat.gguf"))
            fallback: chat

            """
        try folder.write("up.yaml", members + "formula: large + chat - small\n")
        try folder.write(
            "beta.yaml",
            members + "formula: chat + beta * (large - small)\nparameters:\n  beta: 1\n")
        let facts = [
            ("Portugal", "Lisbon"), ("Peru", "Lima"), ("Japan", "Tokyo"), ("Egypt", "Cairo"),
            ("Norway", "Oslo"), ("Kenya", "Nairobi"),
        ]
        func lines(_ make: (String, String) -> String) -> String {
            facts.map { make($0.0, $0.1) + "\n" }.joined()
        }
        try folder.write(
            "facts.jsonl",
            lines { "{\"prompt\":\"What is the capital of \($0)?\",\"answer\":\"\($1)\"}" })
        try folder.write(
            "options.jsonl",
            lines {
                "{\"prompt\":\"What is the capital of \($0)?\",\"answer\":\"\($1)\","
                    + "\"choices\":[\"\($1)\",\"Vienna\"]}"
            })
        try folder.write("study.yaml", yaml)
        return try Study(contentsOf: folder.file("study.yaml"))
    }

    /// Keys of the replies on file, in order.
    static func keys(_ folder: Folder) throws -> [String] {
        try Journal<ReplyRecord>.open(folder.file("out/replies.jsonl")).records.map(\.key)
    }

    @Test("a run that was cut off goes on, repeats nothing, and ends with the same figures")
    func aRunThatWasCutOffGoesOn() async throws {
        let folder = try Folder()
        let study = try Self.prepare(folder)
        let whole = try await StudyRun(study, folder: folder.file("out")).run()
        let keys = try Self.keys(folder)
        // 6 questions × 2 seeds × (2 systems × 2 sets + 2 + 2 points), but beta 1 and nucleus 1 are up-scaling in
        // other words.
        #expect(Set(keys).count == keys.count)
        let asked = 6 * 2 * (2 * 2 + 1 + 1)
        #expect(keys.count == asked)
        #expect(whole.failures.isEmpty)
        #expect(whole.metrics.contains { $0.metric == "factuality" && $0.system == "up-scaled" })

        let pictures = try FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
            .filter { $0.hasSuffix(".svg") }
        #expect(pictures.count == whole.figures.reduce(0) { $0 + $1.charts.count })

        let path = folder.file("out/replies.jsonl")
        let data = try #require(FileManager.default.contents(atPath: path))
        try data.prefix(data.count * 2 / 5).write(to: URL(filePath: path))
        let kept = data.prefix(data.count * 2 / 5).count { $0 == 0x0a }
        let again = try await StudyRun(study, folder: folder.file("out")).run()
        let resumed = try Self.keys(folder)
        #expect(Array(resumed.prefix(kept)) == Array(keys.prefix(kept)))
        #expect(resumed.sorted() == keys.sorted())
        #expect(again.metrics.map(\.system) == whole.metrics.map(\.system))

        let third = try await StudyRun(study, folder: folder.file("out")).run()
        #expect(third.metrics == again.metrics)
        #expect(try Self.keys(folder) == resumed)
    }

    @Test("a reply on file is judged by the line that asks for it")
    func aReplyOnFileIsJudgedByTheLineThatAsksForIt() async throws {
        let folder = try Folder()
        _ = try Self.prepare(folder)
        let yaml = """
            name: lines
            prompts: { facts: { file: facts.jsonl } }
            systems: { up-scaled: { recipe: up.yaml } }
            sampling: { temperature: 0, max_tokens: 24 }
            threads: 1
            judges: { names it: { kind: contains } }
            metrics: { factuality: { judge: names it, score: right, prompts: facts } }
            """
        try folder.write("study.yaml", yaml)
        func scores() async throws -> [String] {
            let study = try Study(contentsOf: folder.file("study.yaml"))
            _ = try await StudyRun(study, folder: folder.file("out")).run()
            return try folder.read("out/scores.csv").split(whereSeparator: \.isNewline).dropFirst()
                .map { $0.split(separator: ",")[2...6].joined(separator: ",") }
        }
        let before = try await scores().map { $0.split(separator: ",")[4] }
        // Another line in front, and the first question once more, with another answer.
        let lines = try folder.read("facts.jsonl")
        let first = String(lines.split(separator: "\n")[0])
        try folder.write(
            "facts.jsonl",
            "{\"prompt\":\"What is the capital of Austria?\",\"answer\":\"Vienna\"}\n" + lines
                + first.replacing("Lisbon", with: "nowhere") + "\n")
        let after = try await scores().map { $0.split(separator: ",") }
        #expect(after.map { $0[0] } == (1...8).map { "\($0)" })
        #expect(after[1...6].map { $0[4] } == before)
        #expect(after[7][4] == "0" || after[7][4] == "0.0")
    }

    @Test(
        "members that differ only in how they are asked, and other makers of prompts, are other systems"
    )
    func otherSystemsHaveOtherKeys() throws {
        let folder = try Folder()
        let file = RepositoryFiles.atlas("small-chat.gguf")
        let members = """
            members:
              with: \(file)
              without: { member: with, prompt: { system: "" } }
            formula: 2 * with - without

            """
        try folder.write("a.yaml", members + "fallback: with\n")
        try folder.write("b.yaml", members + "fallback: without\n")
        try folder.write("c.yaml", members + "fallback: with\ncontext: 256\n")
        try folder.write("q.jsonl", "{\"prompt\":\"q\"}\n")
        let study = try Study(
            yaml: """
                name: keys
                prompts: { q: { file: q.jsonl } }
                systems:
                  one: { recipe: a.yaml, member: with }
                  two: { recipe: a.yaml, member: without }
                  three: { recipe: b.yaml, member: with }
                  four: { recipe: c.yaml, member: with }
                  five: { recipe: a.yaml }
                  six: { recipe: b.yaml }
                judges: { long: { kind: length } }
                metrics: { tokens: { judge: long, score: tokens, prompts: q } }
                """, file: "study.yaml", folder: folder.path)
        var files: [String: String] = [:]
        let keys = try study.systems.flatMap(\.points).map { point in
            try SystemKey(
                point, Recipe(contentsOf: point.declaration.recipe).located(), files: &files
            ).reply(study.prompts[0].lines[0], seed: 1, GenerationDefaults())
        }
        #expect(Set(keys).count == 6)
    }

    @Test("every part of a split model decides its replies")
    func everyPartOfASplitModelDecidesItsReplies() {
        #expect(
            MemberKeys.files(of: "/m/a-00001-of-00002.gguf") == [
                "/m/a-00001-of-00002.gguf", "/m/a-00002-of-00002.gguf",
            ])
        #expect(MemberKeys.files(of: "/m/a.gguf") == ["/m/a.gguf"])
        #expect(MemberKeys.files(of: "/m/a-00002-of-00002.gguf") == ["/m/a-00002-of-00002.gguf"])
    }

    @Test("the same study elsewhere gives the same replies")
    func theSameStudyGivesTheSameReplies() async throws {
        let (a, b) = (try Folder(), try Folder())
        for folder in [a, b] {
            _ = try await StudyRun(Self.prepare(folder), folder: folder.file("out")).run()
        }
        #expect(try a.read("out/replies.jsonl") == b.read("out/replies.jsonl"))
        #expect(try a.read("out/metrics.csv") == b.read("out/metrics.csv"))
    }

    @Test("the page stands by itself, and the tables are there")
    func thePageStandsByItself() async throws {
        let folder = try Folder()
        _ = try await StudyRun(Self.prepare(folder), folder: folder.file("out")).run()
        let html = try folder.read("out/report.html")
        for outside in ["http://", "https://", "<script", "<link", "src="] {
            let found = html.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!found.contains(outside), "\(outside)")
        }
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(html.contains("width=device-width"))
        #expect(html.contains("<svg") && html.contains("class=\"reply\""))
        let scores = try folder.read("out/scores.csv").split(whereSeparator: \.isNewline)
        #expect(scores[0] == "system,prompts,prompt,seed,judge,score,value,reply")
        let json = try JSONSerialization.jsonObject(
            with: Data(folder.read("out/results.json").utf8))
        #expect((json as? [String: Any])?["figures"] != nil)
        #expect(FileManager.default.fileExists(atPath: folder.file("out/amplification-1.svg")))
    }

    @Test("a prompt that does not fit is a failure, counted and in no figure")
    func aPromptThatDoesNotFit() async throws {
        let folder = try Folder()
        let yaml = Self.yaml.components(separatedBy: "figures:")[0]
        _ = try Self.prepare(folder, yaml)
        let long = String(repeating: "very ", count: 600)
        try folder.write(
            "facts.jsonl",
            "{\"prompt\":\"\(long)\",\"answer\":\"x\"}\n{\"prompt\":\"What is the capital of Peru?\","
                + "\"answer\":\"Lima\"}\n")
        let study = try Study(contentsOf: folder.file("study.yaml"))
        let results = try await StudyRun(study, folder: folder.file("out")).run()
        #expect(results.failures.contains { $0.example.contains("must fit the context") })
        let up = results.metrics.first { $0.metric == "factuality" && $0.system == "up-scaled" }
        #expect(up?.estimate.count == 1)
    }

    @Test("an endpoint's verdicts are asked for once; failures only with retry")
    func verdictsAreAskedForOnce() async throws {
        let folder = try Folder()
        let server = JudgeServer(
            [.status(400)], then: .says("Fine.\nVERDICT: 60"))
        try await server.run { url in
            let yaml =
                Self.yaml.components(separatedBy: "judges:")[0] + """
                    judges:
                      model: { kind: endpoint, url: "\(url)", model: m, parallel: 3, price: { prompt: 1e6 } }
                    metrics:
                      help: { judge: model, score: helpfulness, prompts: facts }
                    """
            let study = try Self.prepare(folder, yaml)
            let first = try await StudyRun(study, folder: folder.file("out")).run()
            let asked = server.requests.count
            #expect(first.failures.first?.what == "verdicts of model")
            #expect(first.metrics.allSatisfy { $0.estimate.value == 60 })
            // Every request but the refused one reports 100 prompt tokens, at 1 each.
            #expect(first.judging[0].cost == Double(asked - 1) * 100)
            let second = try await StudyRun(study, folder: folder.file("out")).run()
            #expect(server.requests.count == asked)
            #expect(second.failures == first.failures)
            let third = try await StudyRun(
                study, folder: folder.file("out"), retriesFailures: true
            ).run()
            #expect(server.requests.count == asked + 1)
            #expect(third.failures.isEmpty)
        }
    }

    @Test("the implied reward is β times the difference of summed log-probabilities")
    func theImpliedReward() async throws {
        let folder = try Folder()
        _ = try Self.prepare(folder)
        let loaded = try await LoadedRecipe(Recipe(contentsOf: folder.file("up.yaml")))
        let engine = LoadedSystem(loaded).engine
        let reward = try ImpliedReward(loaded, engine, beta: 0.5)
        #expect(reward.tuned == "chat" && reward.reference == "small")
        let line = try JudgeTests.line("{\"prompt\":\"What is the capital of Peru?\"}")
        var request = try reward.request(line, "The capital of Peru is Lima.")
        let value = try await reward.values([request])[0]
        request.attributions = true
        var sum = 0.0
        for try await case .token(let token) in engine.generate(request) {
            sum += Double(token.attribution?.behaviourDelta ?? .nan)
        }
        #expect(abs(value.reward - 0.5 * sum) < 1e-3)
        #expect(value.tokens == request.response?.count)
        #expect(throws: StudyError.self) {
            _ = try ImpliedReward(loaded, engine, tuned: "chat", reference: "chat")
        }
        #expect(throws: StudyError.self) { _ = try ImpliedReward(loaded, engine, tuned: "nobody") }
    }

    @Test("a fit on the demo family helps on what it has not seen, and writes a recipe that loads")
    func aFitHelps() async throws {
        let folder = try Folder()
        _ = try Self.prepare(folder)
        let loaded = try await LoadedRecipe(Recipe(contentsOf: folder.file("beta.yaml")))
        let pairs = try DataLine.read(RepositoryFiles.path("Atlas/eval/preferences.jsonl"))
            .filter { $0.fields["sort"] == "fact" }.prefix(20)
        let requests = try pairs.map { line in
            var request = try loaded.request(for: line.messages)
            request.kind = .score(try loaded.response(line.chosen ?? "", ended: true))
            return request
        }
        for isFree in [false, true] {
            let report = try await RecipeFit(penalty: 0.001, fitsWeights: isFree)
                .run(loaded, requests)
            #expect(report.train.fitted.value <= report.train.asWritten.value)
            #expect(report.heldOut.fitted.value <= report.heldOut.asWritten.value + 0.02)
            #expect(report.train.fitted.value < report.train.alone[0].nats.value)
            let text = try FittedRecipe.text(
                of: report, recipe: folder.file("beta.yaml"), folder: folder.path, name: "fitted",
                withoutMask: false)
            let recipe = try Recipe(yaml: text, file: "f.yaml", folder: folder.path)
            let fitted = try await LoadedRecipe(recipe)
            // Engines of their own: the fit has used the models without one.
            let unfitted = try await LoadedRecipe(Recipe(contentsOf: folder.file("beta.yaml")))
            let nats = try await LoadedSystem(fitted).engine
                .generate(requests[4]).collect().logProbability
            let before = try await LoadedSystem(unfitted).engine
                .generate(requests[4]).collect().logProbability
            #expect(nats.isFinite && nats != before)
        }
    }

    @Test("the rows of a fit name the member that they take for tuned, or every candidate")
    func theRowsOfAFitNameTheMember() async throws {
        func load(_ members: String) async throws -> LoadedRecipe {
            try await LoadedRecipe(
                Recipe(
                    yaml: """
                        members: { \(members) }
                        formula: chat + beta * (large - small)
                        parameters: { beta: 1 }
                        context: 64
                        engine: { gpu_layers: 0, threads: 1 }
                        """, file: "r.yaml",
                    folder: RepositoryFiles.path("Tests/Fixtures/vocabularies")))
        }
        for (members, names) in [
            ("large: deep.gguf, small: base.gguf, chat: base.gguf", ["chat"]),
            ("large: base.gguf, small: base.gguf, chat: base.gguf", ["large", "chat"]),
        ] {
            let loaded = try await load(members)
            let requests = try (0..<5).map { index in
                var request = try loaded.request(continuing: "the hen \(index)")
                request.kind = .score(try loaded.response("and the hen", ended: true))
                return request
            }
            let report = try await RecipeFit().run(loaded, requests)
            #expect(report.train.alone.map(\.member) == names)
            // What a member alone says is what its own recipe says.
            for alone in report.heldOut.alone {
                let again = try await load(members)
                var request = requests[4]
                request.formula = .member(alone.member)
                let value = try await Engine(again.composite).generate(request).collect()
                    .logProbability
                let nats = -value / Double(request.response?.count ?? 1)
                #expect(abs(alone.nats.value - nats) < 1e-4)
            }
            let engine = Engine(loaded.composite)
            if names.count == 1 {
                #expect(try ImpliedReward(loaded, engine).tuned == "chat")
            } else {
                let error = #expect(throws: StudyError.self) {
                    try ImpliedReward(loaded, engine)
                }
                #expect(error.map { "\($0)".contains("any of `large`, `chat` may be it") } == true)
                #expect(try ImpliedReward(loaded, engine, tuned: "chat").reference == "small")
            }
        }
    }

    @Test("too few responses are refused")
    func tooFewResponsesAreRefused() async throws {
        let folder = try Folder()
        _ = try Self.prepare(folder)
        let loaded = try await LoadedRecipe(Recipe(contentsOf: folder.file("beta.yaml")))
        await #expect(throws: StudyError.tooFewExamples(found: 0, needed: 5)) {
            _ = try await RecipeFit().run(loaded, [])
        }
    }
}
