import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import Testing

@testable import Studies

@Suite struct StudyFileTests {
    static let start = """
        prompts:
          p: { file: p.jsonl }
        systems:
          one: { recipe: r.yaml, member: a }
          many: { recipe: r.yaml, sweep: { beta: [0, 1] } }
        judges:
          exact: { kind: exact }
        """
    static let metrics = "metrics:\n  m: { judge: exact, score: right, prompts: p }\n"

    static func study(
        _ yaml: String, prompts: String = "{\"prompt\":\"q\",\"answer\":\"a\"}\n"
    ) throws -> Study {
        let folder = try Folder()
        try folder.write("p.jsonl", prompts)
        return try Study(yaml: yaml, file: "s.yaml", folder: folder.path)
    }

    @Test("a quick look has the first questions, and three values of a sweep")
    func aQuickLookHasTheFirstQuestionsAndThreeValuesOfASweep() throws {
        let yaml =
            Self.start.replacing("[0, 1]", with: "[0, 0.5, 1, 1.5, 2, 3]") + "\n" + Self.metrics
        let prompts = (1...4).map { #"{"prompt":"q\#($0)","answer":"a"}"# + "\n" }.joined()
        let study = try Self.study(yaml, prompts: prompts)
        let quick = study.asking(first: 3)
        #expect(quick.prompts[0].lines == Array(study.prompts[0].lines.prefix(3)))
        #expect(quick.systems[1].sweep?.values == [0, 1.5, 3])
        #expect(
            try Self.study(Self.start + "\n" + Self.metrics).asking(first: 9).systems[1].sweep?
                .values == [0, 1])
    }

    @Test("a study is read with its prompts, and sweeps are spread out")
    func aStudyIsRead() throws {
        let study = try Self.study(
            Self.start + "\n" + Self.metrics + "seeds: [1, 2]\nsampling: { temperature: 0 }\n")
        #expect(study.name == "s")
        #expect(study.prompts[0].lines[0].question == "q")
        #expect(
            study.systems.flatMap(\.points).map(\.name) == ["one", "many, beta 0", "many, beta 1"])
        #expect(study.seeds == [1, 2])
        #expect(study.generation?.sampling.temperature == 0)
        #expect(
            study.metrics == [Metric(name: "m", judge: "exact", score: "right", prompts: ["p"])])
    }

    @Test("lines are chosen by their fields, and spread over the file")
    func linesAreChosen() throws {
        let prompts = (0..<10).map {
            "{\"prompt\":\"\($0)\",\"answer\":\"a\",\"half\":\"\($0 % 2)\"}"
        }
        .joined(separator: "\n")
        let yaml = Self.start.replacing(
            "{ file: p.jsonl }", with: "{ file: p.jsonl, where: { half: 1 }, take: 2 }")
        let study = try Self.study(yaml + "\n" + Self.metrics, prompts: prompts)
        #expect(study.prompts[0].lines.map(\.question) == ["1", "5"])
    }

    @Test("a quick look has the first lines of every set, and all of a small one")
    func aQuickLookHasTheFirstLines() throws {
        let prompts = (0..<5).map { "{\"prompt\":\"\($0)\",\"answer\":\"a\"}" }
            .joined(separator: "\n")
        let study = try Self.study(Self.start + "\n" + Self.metrics, prompts: prompts)
        #expect(study.asking(first: 2).prompts[0].lines.map(\.question) == ["0", "1"])
        #expect(study.asking(first: 9) == study)
    }

    struct Bad: CustomTestStringConvertible, Sendable {
        var yaml: String
        var prompts = "{\"prompt\":\"q\",\"answer\":\"a\"}\n"
        var text: String
        var testDescription: String { text }
    }

    static let cases: [Bad] = [
        Bad(
            yaml: start + "\n" + metrics, prompts: "{\"prompt\": 3}\n",
            text: "p.jsonl:1: every line must be a JSON object"),
        Bad(
            yaml: start + "\n" + metrics,
            prompts: "{\"prompt\":\"q\",\"answer\":\"a\"}\n\n{\"prompt\":\"q\"",
            text: "p.jsonl:3: every line must be"),
        Bad(
            yaml: start + "\n" + metrics, prompts: "{\"prompt\":\"q\"}\n",
            text: "p.jsonl:1: judge `exact` needs `answer` on every line"),
        Bad(yaml: start + "\n" + metrics, prompts: " \n", text: "needs at least one line"),
        Bad(
            yaml: start + "\n" + metrics, prompts: "{\"prompt\":\"q\",\"messages\":[]}\n",
            text: "it has neither, both, or an empty list"),
        Bad(
            yaml: start + "\n" + metrics,
            prompts:
                "{\"prompt\":\"q\",\"id\":\"x\",\"answer\":\"a\"}\n{\"prompt\":\"q\",\"id\":\"x\",\"answer\":\"a\"}\n",
            text: "p.jsonl:2: every line must be an object with a unique `id`"),
        Bad(
            yaml: start + "\nmetrics:\n  m: { judge: nobody, score: right, prompts: p }\n",
            text: "there is no judge `nobody`"),
        Bad(
            yaml: start + "\nmetrics:\n  m: { judge: exact, score: left, prompts: p }\n",
            text: "there is no score `left`. Known: `right`"),
        Bad(
            yaml: start + "\nmetrics:\n  m: { judge: exact, score: right, prompts: q }\n",
            text: "there is no prompt set `q`"),
        Bad(
            yaml: start + "\n" + metrics + "  n: { judge: exact, score: right, prompts: [p] }\n",
            text: "can count in only one metric: `right` of `exact` on `p` is in both `m` and `n`"),
        Bad(yaml: start + "\n" + metrics + "figures:\n  - { kind: pie }\n", text: "`pie` is not"),
        Bad(
            yaml: start + "\n" + metrics
                + "figures:\n  - { kind: mixing, x: m, y: m, sweeps: [one] }\n",
            text: "there is no system with a sweep `one`"),
        Bad(
            yaml: start + "\n" + metrics
                + "figures:\n  - { kind: decoupling, small: one, up: one, down: one, large: many }\n",
            text: "there is no system without a sweep `many`"),
        Bad(yaml: start + "\n" + metrics + "colour: red\n", text: "`colour` is not a valid key"),
        Bad(yaml: "prompts: [", text: "A study must be YAML: s.yaml"),
        Bad(yaml: "", text: "it is empty"),
        Bad(
            yaml: start.replacing("beta: [0, 1]", with: "beta: [1]") + "\n" + metrics,
            text: "a sweep needs at least two values"),
        Bad(
            yaml: start.replacing("beta: [0, 1]", with: "nucleus: [0.5, 2]") + "\n" + metrics,
            text: "mass of a nucleus must be more than 0 and at most 1 (no mask): 2 is not"),
        Bad(
            yaml: start + "\n" + metrics
                + "figures:\n  - { kind: agreement, system: one, prompts: p, blocks: [128, 2] }\n",
            text: "a list of numbers from 1 to 64"),
        Bad(
            yaml: start.replacing("kind: exact", with: "kind: oracle") + "\n" + metrics,
            text: "there is no kind of judge `oracle`"),
        Bad(
            yaml: start.replacing(
                "{ kind: exact }", with: "{ kind: endpoint, url: ftp://x, model: m }")
                + "\n" + metrics, text: "an endpoint is an http or https address"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: choice }") + "\n" + metrics,
            text: "judge `exact` needs `choices`"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: code }") + "\n" + metrics,
            text: "p.jsonl:1: judge `exact` needs `tests`"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: code, isolation: none }")
                + "\n" + metrics, text: "must be one of sandbox, limits: `none` is not"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: code, model: m }") + "\n"
                + metrics, text: "`model` is not a valid key"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: pattern }") + "\n" + metrics,
            text: "p.jsonl:1: judge `exact` needs `pattern`"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: pattern, pattern: '(' }")
                + "\n" + metrics, text: "`(` is no regular expression"),
        Bad(
            yaml: start.replacing("{ kind: exact }", with: "{ kind: pattern }") + "\n" + metrics,
            prompts: "{\"prompt\":\"q\",\"pattern\":\"[a\"}\n",
            text: "p.jsonl:1: `[a` is no regular expression"),
        Bad(
            yaml: start.replacing("p.jsonl", with: "nowhere.jsonl") + "\n" + metrics,
            text: "there is no such file"),
    ]

    @Test("what is wrong with a study is said, with its place", arguments: cases)
    func whatIsWrongIsSaid(_ bad: Bad) throws {
        do {
            _ = try Self.study(bad.yaml, prompts: bad.prompts)
            Issue.record("accepted")
        } catch {
            #expect("\(error)".contains(bad.text), "\(error)")
        }
    }

    @Test(
        "an example is a study that can be read, for every family",
        arguments: StudyExample.allCases.filter { $0.models != nil }
    )
    func anExampleCanBeRead(_ example: StudyExample) throws {
        let folder = try Folder()
        let paths = try example.write(to: folder.path)
        #expect(paths.count == 5)
        for name in ["hh", "eli5"] { try folder.write("\(name).jsonl", "{\"prompt\":\"q\"}\n") }
        let study = try Study(contentsOf: folder.file("study.yaml"))
        #expect(study.name == example.rawValue)
        for system in study.systems.flatMap(\.points) {
            let recipe = try Recipe(contentsOf: system.declaration.recipe)
            #expect(recipe.members.count == 3)
            _ = try system.parameters(of: recipe)
        }
        #expect(throws: StudyError.self) { _ = try example.write(to: folder.path) }
    }

    @Test(
        "the example that brings its adapters can be read where it was written",
        .enabled(
            if: ProgramFiles.find(inCheckout: "Studies/qwen-coder", installed: "") != nil,
            "the tests' program is outside the checkout"))
    func theExampleWithAdapters() throws {
        let folder = try Folder()
        let paths = try StudyExample.qwenCoder.write(to: folder.path)
        let studies = try ["study.yaml", "foreign.yaml"].map {
            try Study(contentsOf: folder.file($0))
        }
        var files: Set<String> = []
        for point in studies.flatMap(\.systems).flatMap(\.points) {
            let recipe = try Recipe(contentsOf: point.declaration.recipe)
            _ = try point.parameters(of: recipe)
            for member in recipe.members {
                if case .file(let path) = member.source { files.insert(path) }
                for adapter in member.adapters {
                    #expect(FileManager.default.fileExists(atPath: adapter.path))
                }
            }
        }
        #expect(
            files
                == Set(
                    ["qwen-0.5b", "qwen-1.5b", "smollm2-135m"].map {
                        folder.file("models/\($0).gguf")
                    }))
        for name in ["fetch", "fetch-models"] {
            #expect(FileManager.default.isExecutableFile(atPath: folder.file(name)))
            #expect(paths.contains(folder.file(name)))
        }
        #expect(throws: StudyError.self) { _ = try StudyExample.qwenCoder.write(to: folder.path) }
    }
}
