import Foundation
import Testing

@testable import Studies

/// Replies to verdicts of the judge that runs programs.
@Suite(.serialized) struct CodeJudgingTests {
    static let tests = "assert answer() == 42"

    private static func study() throws -> Study {
        try StudyFileTests.study(
            StudyFileTests.start.replacing("exact: { kind: exact }", with: "code: { kind: code }")
                + "\nmetrics:\n  passed: { judge: code, score: right, prompts: p }\n",
            prompts: "{\"id\":\"1\",\"prompt\":\"q\",\"tests\":\"\(tests)\","
                + "\"before\":\"def answer():\\n    'What is it?'\"}\n")
    }

    private static func reply(_ text: String) -> ReplyRecord {
        var reply = JudgeTests.reply(text)
        reply.key = text
        return reply
    }

    /// Judges replies; their scores, and what was noted.
    private static func judge(
        _ replies: [ReplyRecord], _ judge: CodeJudge, _ folder: Folder
    ) async throws -> (values: [Double], notes: [String]) {
        var notes: [String] = []
        let study = try study()
        var table = ScoreTable(study, replies)
        let run = StudyRun(study, folder: folder.path) { notes.append($0) }
        try await CodeJudging(run: run, name: "code", judge: judge).run(replies, &table)
        return (table.rows.map(\.value), notes)
    }

    private static let replies = [
        reply("    return 42"), reply("```python\n    return 42\n```"),
        reply("```python\ndef answer():\n    return 6 * 7\n```\nThis is the answer."),
        reply("    return 41"), reply(""), reply("``` \n\n```"), reply("I do not know."),
    ]

    @Test(
        "a reply completes what stands before it, or replaces it; no code is no pass",
        .enabled(if: !CodeJudgeTests.isolations.isEmpty, "no Python can be run here"))
    func aReplyCompletesWhatStandsBefore() async throws {
        let folder = try Folder()
        let judge = try await CodeJudge(CodeJudgeTests.options(CodeJudgeTests.isolations[0]))
        let (values, notes) = try await Self.judge(Self.replies, judge, folder)
        #expect(values == [1, 1, 1, 0, 0, 0, 0])
        // The first two are one program, and so are the two without code.
        #expect(notes.first == "`code` runs 5 programs")
        let reasons = try Journal<VerdictRecord>.open(folder.file("verdicts.jsonl")).records
            .map { $0.reasoning ?? "" }
        #expect(reasons[2] == "AssertionError")
        #expect(reasons[3] == "no code")
    }

    @Test(
        "verdicts that a killed run had finished are kept, and the others are made",
        .enabled(if: !CodeJudgeTests.isolations.isEmpty, "no Python can be run here"))
    func aKilledRunGoesOn() async throws {
        let folder = try Folder()
        let judge = try await CodeJudge(CodeJudgeTests.options(CodeJudgeTests.isolations[0]))
        let whole = try await Self.judge(Self.replies, judge, folder).values
        let text = try folder.read("verdicts.jsonl")
        try folder.write("verdicts.jsonl", String(text.dropLast(20)))
        let (values, notes) = try await Self.judge(Self.replies, judge, folder)
        #expect(values == whole)
        #expect(notes.first == "`code` runs 1 programs")
        #expect(try folder.read("verdicts.jsonl") == text)
    }

    @Test(
        "a program that cannot be run has no verdict, and ends the run",
        .enabled(if: !CodeJudgeTests.isolations.isEmpty, "no Python can be run here"))
    func aProgramThatCannotBeRunHasNoVerdict() async throws {
        let folder = try Folder()
        var options = CodeJudgeTests.options(CodeJudgeTests.isolations[0])
        let python = CodeJudgeTests.python ?? "python3"
        options.python = folder.file("python")
        try folder.write("python", "#!/bin/sh\nexec \(python) \"$@\"\n")
        chmod(options.python, 0o755)
        let judge = try await CodeJudge(options)
        try FileManager.default.removeItem(atPath: options.python)
        await #expect(throws: StudyError.self) {
            _ = try await Self.judge(Self.replies, judge, folder)
        }
        #expect(try folder.read("verdicts.jsonl").isEmpty)
    }

    @Test("a study whose programs cannot be run ends before anything is generated")
    func aStudyEndsBeforeAnythingIsGenerated() async throws {
        let folder = try Folder()
        let yaml = """
            prompts: { facts: { file: facts.jsonl } }
            systems: { up-scaled: { recipe: up.yaml } }
            judges: { code: { kind: code, python: /nowhere/python3 } }
            metrics: { passed: { judge: code, score: right, prompts: facts } }
            """
        _ = try StudyRunTests.prepare(folder)
        try folder.write("facts.jsonl", "{\"prompt\":\"q\",\"tests\":\"\"}\n")
        try folder.write("study.yaml", yaml)
        let study = try Study(contentsOf: folder.file("study.yaml"))
        await #expect(
            throws: StudyError.cannotRunCode(reason: "`/nowhere/python3` cannot be started")
        ) {
            _ = try await StudyRun(study, folder: folder.file("out")).run()
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("out/replies.jsonl")))
    }
}

/// The code in a reply.
@Suite struct ReplyCodeTests {
    @Test(
        "the code is the Python block, or the first block, or the whole reply",
        arguments: [
            ("    return 1\n", "    return 1\n"),
            ("Here:\n```python\na = 1\nb = 2\n```\nDone.", "a = 1\nb = 2"),
            ("```\na = 1\n```\n```py\nb = 2\n```\n```python\nc\n```", "b = 2"),
            ("```bash\npip install x\n```\n```Python3\na\n```", "a"),
            ("```js\na\n```\n```\nb\n```", "a"),
            ("```python\ndef f():\n    return 1", "def f():\n    return 1"),
            ("- So:\n  ```python\n  def f():\n      return 1\n  ```", "def f():\n    return 1"),
            ("~~~python\na = '''\n```\n'''\n~~~\n", "a = '''\n```\n'''"),
            ("````python\na\n```\nb\n````", "a\n```\nb"),
            ("```python\r\na\r\nb\r\n```\r\n", "a\nb"),
            ("Use `f` and ```g``` here.", "Use `f` and ```g``` here."),
            ("```python\n```", ""), ("", ""),
        ])
    func theCodeIsThePythonBlock(_ reply: String, _ code: String) {
        #expect(ReplyCode.code(in: reply) == code)
    }
}
