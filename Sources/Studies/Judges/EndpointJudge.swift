import Foundation

/// A model behind an endpoint that scores replies: it reasons first, then gives its verdict.
struct EndpointJudge: Sendable {
    let client: EndpointClient
    private let prompts: [String: JudgePrompt]
    private let sleep: @Sendable (Double) async throws -> Void

    /// - Throws: ``StudyError``.
    init(
        _ options: EndpointOptions,
        sleep: @escaping @Sendable (Double) async throws -> Void = {
            try await Task.sleep(for: .seconds($0))
        }
    ) throws(StudyError) {
        client = try EndpointClient(options)
        var prompts: [String: JudgePrompt] = [:]
        for name in JudgePrompt.names {
            prompts[name] = try JudgePrompt(name, folder: options.prompts)
        }
        self.prompts = prompts
        self.sleep = sleep
    }

    /// One of the three questions about a reply.
    func ask(
        _ question: JudgeQuestion, about reply: String, to prompt: String, key: String,
        judge: String
    ) async throws -> VerdictRecord {
        let name = question.rawValue.replacing(" ", with: "-")
        let text = filled(
            "judge-\(name).txt", ["question": prompt, "reply": reply], key: key)
        var record = VerdictRecord(key: key, judge: judge, score: question.rawValue)
        let answer = try await converse(text, &record) { Verdict.number($0, in: question.range) }
        record.value = answer?.value
        record.reasoning = answer.map { Verdict.reasoning($0.text) }
        return record
    }

    /// Whether a reply is preferred to another: 1, ½ or 0, the mean of both orders.
    func compare(
        _ reply: String, with other: String, to prompt: String, key: String, judge: String
    ) async throws -> VerdictRecord {
        var record = VerdictRecord(key: key, judge: judge, score: "preferred")
        var total = 0.0
        var reasons: [String] = []
        for swapped in [false, true] {
            let text = filled(
                "judge-pairwise.txt",
                [
                    "question": prompt, "reply_a": swapped ? other : reply,
                    "reply_b": swapped ? reply : other,
                ], key: key)
            guard let answer = try await converse(text, &record, Verdict.preference) else {
                return record
            }
            total += swapped ? 1 - answer.value : answer.value
            reasons.append(Verdict.reasoning(answer.text))
        }
        record.value = total / 2
        record.reasoning = reasons.joined(separator: "\n---\n")
        return record
    }

    /// Asks until there is a verdict, the attempts are used up, or the endpoint refuses.
    private func converse(
        _ text: String, _ record: inout VerdictRecord, _ verdict: (String) -> Double?
    ) async throws -> (text: String, value: Double)? {
        let options = client.options
        let start = [EndpointClient.Message(role: "user", content: text)]
        var messages = start
        var pause = options.backoff
        for attempt in 1...options.attempts {
            record.attempts += 1
            switch try await client.ask(messages) {
            case .answer(let answer, let promptTokens, let completionTokens):
                record.promptTokens += promptTokens
                record.completionTokens += completionTokens
                if let value = verdict(answer) {
                    record.failure = nil
                    return (answer, value)
                }
                record.failure = "none of \(attempt) answers had the required form"
                let again = prompts["judge-again.txt"]?.filled([:]) ?? ""
                messages =
                    start + [
                        .init(role: "assistant", content: answer),
                        .init(role: "user", content: again),
                    ]
            case .busy(let reason, let wait):
                record.failure = "\(reason), after \(attempt) attempts"
                guard attempt < options.attempts else { break }
                try await sleep(min(60, max(pause, wait ?? 0)))
                pause = min(60, pause * 2)
            case .refused(let status):
                throw StudyError.judgeRefused(url: options.url, status: status)
            case .unusable(let reason):
                record.failure = reason
                return nil
            }
        }
        return nil
    }

    private func filled(_ name: String, _ values: [String: String], key: String) -> String {
        var values = values
        // Texts cannot close marks whose name they do not know.
        values["fence"] = "text-\(StableHash([key, name] + values.values.sorted()).text.prefix(8))"
        return prompts[name]?.filled(values) ?? ""
    }
}

extension VerdictRecord {
    init(key: String, judge: String, score: String) {
        self.init(
            key: key, judge: judge, score: score, attempts: 0, promptTokens: 0,
            completionTokens: 0)
    }
}
