import ChatTemplates
import Foundation
import LlamaBackend

/// Has every reply scored that a metric asks about.
struct Judging {
    let run: StudyRun
    /// The judges that run programs, by name.
    let programs: [String: CodeJudge]

    /// What the judges at endpoints did.
    struct Summary {
        var costs: [StudyResults.JudgeCost] = []
        var failures: [StudyResults.Failure] = []
    }

    func run(_ replies: [ReplyRecord], into scores: inout ScoreTable) async throws -> Summary {
        var summary = Summary()
        for judge in run.study.judges {
            let metrics = run.study.metrics.filter { $0.judge == judge.name }
            let wanted = Set(metrics.flatMap(\.prompts))
            let judged = replies.filter { $0.failure == nil && wanted.contains($0.prompts) }
            switch judge.kind {
            case .reference(let rule):
                local(judge.name, judged, &scores, rule.scores)
            case .pattern(let pattern):
                local(judge.name, judged, &scores, pattern.scores)
            case .length:
                local(judge.name, judged, &scores, LengthJudge.scores)
            case .code:
                guard let runner = programs[judge.name] else { continue }
                try await CodeJudging(run: run, name: judge.name, judge: runner)
                    .run(judged, &scores)
            case .atlas(let checker):
                local(judge.name, judged, &scores, checker.scores)
            case .endpoint(let options, let questions):
                let asked = questions.filter { question in
                    metrics.contains { $0.score == question.rawValue }
                }
                try await EndpointJudging(
                    run: run, judge: judge, options: options, questions: asked, against: nil
                ).run(judged, &scores, &summary)
            case .pairwise(let options, let against):
                try await EndpointJudging(
                    run: run, judge: judge, options: options, questions: [], against: against
                ).run(judged, &scores, &summary)
            }
        }
        return summary
    }

    private func local(
        _ judge: String, _ replies: [ReplyRecord], _ table: inout ScoreTable,
        _ scores: (ReplyRecord, DataLine) -> [String: Double]
    ) {
        for reply in replies {
            guard let line = table.line(of: reply) else { continue }
            for (name, value) in scores(reply, line).sorted(by: { $0.key < $1.key }) {
                table.add(reply, judge, name, value)
            }
        }
    }
}

/// One endpoint's verdicts: those on file, and the missing ones, several requests at a time.
struct EndpointJudging {
    let run: StudyRun
    let judge: JudgeDeclaration
    let options: EndpointOptions
    let questions: [JudgeQuestion]
    /// The system that replies are compared with; nil: they are scored by themselves.
    let against: String?

    private struct Item: Sendable {
        var key: String
        var question: JudgeQuestion?
        var prompt: String
        var reply: String
        var other: String
    }

    func run(
        _ replies: [ReplyRecord], _ table: inout ScoreTable, _ summary: inout Judging.Summary
    ) async throws {
        let (journal, records, _) = try Journal<VerdictRecord>.open(run.path("verdicts.jsonl"))
        var known = Dictionary(records.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        if run.retriesFailures { known = known.filter { $0.value.failure == nil } }
        let asked = try items(replies, table)
        var seen = Set(known.keys)
        let missing = asked.map(\.item).filter { seen.insert($0.key).inserted }
        if !missing.isEmpty {
            run.note("asking `\(judge.name)` for \(missing.count) verdicts")
            try await ask(missing, journal, &known)
        }
        var cost = StudyResults.JudgeCost(judge: judge.name)
        var failures: [String] = []
        for (reply, item) in asked {
            guard let record = known[item.key] else { continue }
            if let value = record.value { table.add(reply, judge.name, record.score, value) }
            if let failure = record.failure { failures.append(failure) }
        }
        for key in Set(asked.map(\.item.key)) {
            if let record = known[key] { cost.add(record, options) }
        }
        summary.costs.append(cost)
        if !failures.isEmpty {
            summary.failures.append(
                .init(
                    what: "verdicts of \(judge.name)", count: failures.count,
                    example: failures[0]))
        }
    }

    private func ask(
        _ items: [Item], _ journal: Journal<VerdictRecord>, _ known: inout [String: VerdictRecord]
    ) async throws {
        let asker = try EndpointJudge(options)
        let name = judge.name
        var progress = Progress(items.count, "verdicts", report: run.note)
        try await withThrowingTaskGroup(of: VerdictRecord.self) { group in
            var rest = items[...]
            func start() {
                guard let item = rest.popFirst() else { return }
                group.addTask { try await Self.verdict(item, asker, name) }
            }
            for _ in 0..<options.parallel { start() }
            while let record = try await group.next() {
                try journal.append(record)
                known[record.key] = record
                progress.advance()
                start()
            }
        }
        try journal.flush()
    }

    private static func verdict(
        _ item: Item, _ asker: EndpointJudge, _ name: String
    ) async throws -> VerdictRecord {
        if let question = item.question {
            return try await asker.ask(
                question, about: item.reply, to: item.prompt, key: item.key, judge: name)
        }
        return try await asker.compare(
            item.reply, with: item.other, to: item.prompt, key: item.key, judge: name)
    }

    private func items(
        _ replies: [ReplyRecord], _ table: ScoreTable
    ) throws -> [(reply: ReplyRecord, item: Item)] {
        // What a verdict depends on: the prompts by what they say, wherever they lie.
        let base =
            ["\(options.url) \(options.model)", "\(options.temperature)", "\(options.maxTokens)"]
            + (try JudgePrompt.names.map { try JudgePrompt($0, folder: options.prompts).template })
        func place(_ reply: ReplyRecord) -> [String] {
            [reply.prompts, reply.prompt, "\(reply.seed)"]
        }
        var others: [[String]: ReplyRecord] = [:]
        for reply in replies where reply.system == against { others[place(reply)] = reply }
        var items: [(ReplyRecord, Item)] = []
        for reply in replies where reply.system != against {
            guard let line = table.line(of: reply) else { continue }
            let prompt = line.messages.map { "\($0.role): \($0.content)" }.joined(separator: "\n")
            if against != nil {
                guard let other = others[place(reply)] else { continue }
                let key = StableHash(base + ["pairwise", reply.key, other.key])
                items.append(
                    (
                        reply,
                        Item(
                            key: key.text, question: nil, prompt: prompt, reply: reply.reply,
                            other: other.reply)
                    ))
                continue
            }
            for question in questions {
                let key = StableHash(base + [question.rawValue, reply.key])
                items.append(
                    (
                        reply,
                        Item(
                            key: key.text, question: question, prompt: prompt,
                            reply: reply.reply, other: "")
                    ))
            }
        }
        return items
    }
}
