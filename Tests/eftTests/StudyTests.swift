import Foundation
import TestSupport
import Testing

/// `eft study`, `eft reward`, `eft fit` and `--best-of` as a person uses them.
@Suite(.serialized) struct StudyTests {
    private static func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "eft-tool-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// A study of forty questions to the demo family.
    private static func study(_ folder: String) throws -> String {
        let questions = try String(
            contentsOfFile: RepositoryFiles.path("Atlas/eval/facts.jsonl"), encoding: .utf8)
        try write(
            questions.split(separator: "\n").prefix(40).joined(separator: "\n") + "\n",
            "\(folder)/facts.jsonl")
        let path = "\(folder)/study.yaml"
        try write(
            """
            prompts:
              facts: { file: facts.jsonl }
            systems:
              up-scaled: { recipe: "\(RepositoryFiles.path("Recipes/atlas.yaml"))" }
            judges:
              named: { kind: contains }
            metrics:
              factuality: { judge: named, score: right, prompts: facts }
            threads: 1
            parallel: 2
            """, path)
        return path
    }

    private static func lines(_ path: String) -> [Substring] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    @Test("a study that was killed goes on and repeats nothing")
    func aStudyThatWasKilledGoesOn() throws {
        let folder = try Self.folder()
        let study = try Self.study(folder)
        let process = Process()
        process.executableURL = URL(filePath: Tool.path)
        process.arguments = ["study", study, "--out", "\(folder)/out"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let records = "\(folder)/out/replies.jsonl"
        let deadline = Date().addingTimeInterval(120)
        while Self.lines(records).count < 5, Date() < deadline { usleep(1000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let before = Self.lines(records)
        try #require(before.count >= 5 && before.count < 40, "killed too late: \(before.count)")
        let outcome = try Tool.run(["study", study, "--out", "\(folder)/out"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let after = Self.lines(records)
        #expect(after.count == 40)
        let whole = before.filter { $0.hasSuffix("}") }
        #expect(Array(after.prefix(whole.count)) == Array(whole))
        #expect(outcome.output.contains("factuality  up-scaled"))
    }

    @Test("a quick look asks the first questions, and writes to a folder of its own")
    func aQuickLookAsksTheFirstQuestions() throws {
        let folder = try Self.folder()
        let study = try Self.study(folder)
        let outcome = try Tool.run(["study", study, "--questions", "2"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(Self.lines("\(folder)/study-2/replies.jsonl").count == 2)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/study"))
        let refused = try Tool.run(["study", study, "--questions", "0"])
        #expect(refused.code != 0)
        #expect(refused.errors.contains("--questions must be 1 or more: 0 is not."))
    }

    @Test("a full disk ends the study with an error, and the next run goes on")
    func aFullDiskEndsTheStudy() throws {
        let folder = try Self.folder()
        let study = try Self.study(folder)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        // Files may not grow beyond 4 KiB: writes fail as they do on a full disk.
        process.arguments = [
            "-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" study \"$1\" --out \"$2\"", Tool.path,
            study,
            "\(folder)/out",
        ]
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(
            decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.contains("Make room, and run the same command again"), "\(text)")
        let kept = Self.lines("\(folder)/out/replies.jsonl")
        #expect(kept.count > 0 && kept.count < 40)
        let outcome = try Tool.run(["study", study, "--out", "\(folder)/out"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(Array(Self.lines("\(folder)/out/replies.jsonl").prefix(kept.count)) == kept)
    }

    @Test("reward prints how pairs are ordered, and names what a line lacks")
    func rewardPrintsHowPairsAreOrdered() throws {
        let folder = try Self.folder()
        let pairs = try String(
            contentsOfFile: RepositoryFiles.path("Atlas/eval/preferences.jsonl"), encoding: .utf8)
        try Self.write(
            pairs.split(separator: "\n").prefix(6).joined(separator: "\n"), "\(folder)/pairs.jsonl")
        let outcome = try Tool.run(
            [
                "reward", "Recipes/atlas.yaml", "\(folder)/pairs.jsonl", "--threads", "1", "--by",
                "sort",
            ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("r = 1.00 * (log p_chat - log p_small)"))
        #expect(outcome.output.contains("private"))
        try Self.write(
            "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}\n{\"prompt\":\"q\",\"chosen\":\"a\"}\n",
            "\(folder)/bad.jsonl")
        let bad = try Tool.run(["reward", "Recipes/atlas.yaml", "\(folder)/bad.jsonl"])
        #expect(bad.code == 1)
        #expect(bad.errors.contains("bad.jsonl:2: the reward needs `rejected` on every line"))
    }

    @Test("the best of several replies is one of them, and temperature 0 is refused")
    func theBestOfSeveral() throws {
        let common = [
            "generate", "Recipes/atlas.yaml", "--best-of", "3", "--threads", "1", "--seed", "4",
            "--max-tokens", "20",
        ]
        let outcome = try Tool.run(common + ["--temperature", "1", "Who painted The Night Watch?"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the best of 3 (mean"))
        #expect(outcome.output.hasSuffix("\n") && outcome.output.count > 1)
        let cold = try Tool.run(common + ["--temperature", "0", "Who?"])
        #expect(cold.code == 1)
        #expect(cold.errors.contains("--best-of needs replies that differ"))
    }

    @Test(
        "fit writes a recipe that generates: also under a mask, and with a member of another vocabulary",
        arguments: [
            ("atlas-amplified", []), ("atlas-truncated", ["--free"]), ("atlas-foreign", ["--free"]),
        ])
    func fitWritesARecipe(_ name: String, _ options: [String]) throws {
        let folder = try Self.folder()
        try Self.write(
            (0..<6).map {
                "{\"prompt\":\"What is \($0) and one?\",\"response\":\"It is \($0 + 1).\"}"
            }.joined(separator: "\n"), "\(folder)/data.jsonl")
        let fitted = "\(folder)/fitted.yaml"
        let outcome = try Tool.run(
            ["fit", "Recipes/\(name).yaml", "\(folder)/data.jsonl", "--out", fitted] + options)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("gain of the fit"))
        if name == "atlas-foreign" {
            // Whatever the sign of its weight, the base stays asked as it was fitted.
            #expect(
                try String(contentsOfFile: fitted, encoding: .utf8).contains("vocabulary: strings"))
        }
        let reply = try Tool.run(["generate", fitted, "--max-tokens", "4", "Hello"])
        #expect(reply.code == 0, "\(reply.errors)")
    }
}
