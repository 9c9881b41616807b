import Foundation

/// Verdicts of a judge that runs programs: those on file, and the missing ones, one after another.
///
/// One at a time, so that no program takes the time of another.
struct CodeJudging {
    let run: StudyRun
    /// The judge's name in the study.
    let name: String
    let judge: CodeJudge

    private struct Item {
        var key: String
        var program: String
        var tests: String
    }

    /// Scores every reply. Equal programs with equal tests run once.
    ///
    /// - Throws: ``StudyError``. What could not be run has no verdict.
    func run(_ replies: [ReplyRecord], _ table: inout ScoreTable) async throws {
        let (journal, records, _) = try Journal<VerdictRecord>.open(run.path("verdicts.jsonl"))
        var known = Dictionary(records.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        let asked = replies.compactMap { reply in
            table.line(of: reply).map { (reply: reply, item: item(reply, $0)) }
        }
        var seen = Set(known.keys)
        let missing = asked.map(\.item).filter { seen.insert($0.key).inserted }
        if !missing.isEmpty { run.note("`\(name)` runs \(missing.count) programs") }
        var progress = Progress(missing.count, "programs", report: run.note)
        for item in missing {
            let record = try await verdict(item)
            try journal.append(record)
            known[record.key] = record
            progress.advance()
        }
        try journal.flush()
        for (reply, item) in asked {
            guard let record = known[item.key], let value = record.value else { continue }
            table.add(reply, name, record.score, value)
        }
    }

    /// What stands before a reply in the line's `before`, the reply's code, and the line's `tests`.
    private func item(_ reply: ReplyRecord, _ line: DataLine) -> Item {
        let code = ReplyCode.code(in: reply.reply)
        let before = line.fields["before"].map { $0.hasSuffix("\n") ? $0 : $0 + "\n" } ?? ""
        let program = code.allSatisfy(\.isWhitespace) ? "" : before + code + "\n"
        let tests = line.fields["tests"] ?? ""
        return Item(
            key: StableHash(["code"] + judge.parts(program, tests: tests)).text, program: program,
            tests: tests)
    }

    private func verdict(_ item: Item) async throws -> VerdictRecord {
        var record = VerdictRecord(key: item.key, judge: name, score: "right")
        record.attempts = 1
        if item.program.isEmpty {
            record.value = 0
            record.reasoning = "no code"
        } else {
            let outcome = try await judge.run(item.program, tests: item.tests)
            record.value = outcome.passed ? 1 : 0
            record.reasoning = outcome.reason
        }
        return record
    }
}
