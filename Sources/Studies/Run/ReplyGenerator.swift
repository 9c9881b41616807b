import EmulatedFineTuning
import Recipes

/// Generates the replies of a recipe's systems that are not there yet, many together.
struct ReplyGenerator {
    let study: Study
    let system: LoadedSystem

    /// One reply to make.
    struct Task {
        var point: SystemPoint
        /// The name of the prompt set, and the line's place in it.
        var set: String
        var place: Int
        var line: DataLine
        var seed: UInt64
        var isMultipleChoice: Bool
        var key: String
    }

    /// Replies that are asked of the engine at once.
    private static let chunk = 256

    /// Generates; `finished` gets every record as soon as it is whole.
    ///
    /// A prompt that cannot be answered (too long, say) becomes a record with its failure.
    func run(_ tasks: [Task], finished: (ReplyRecord) throws -> Void) async throws {
        for task in tasks where task.isMultipleChoice { try finished(try await score(task)) }
        var rest = tasks.filter { !$0.isMultipleChoice }[...]
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(Self.chunk))
            rest = rest.dropFirst(Self.chunk)
            var done: Set<String> = []
            do {
                try await together(chunk) { record in
                    try finished(record)
                    done.insert(record.key)
                }
            } catch let error as StudyError {
                throw error
            } catch {
                // One bad prompt refuses or ends them all: ask for the others one by one.
                for task in chunk where !done.contains(task.key) {
                    try await alone(task, finished)
                }
            }
        }
    }

    private func together(_ tasks: [Task], _ finished: (ReplyRecord) throws -> Void) async throws {
        let requests = try tasks.map { try system.request($0.line, $0.point, seed: $0.seed, study) }
        let replies = try await system.engine.submit(requests)
        var records = tasks.map { record($0) }
        for try await (index, event) in replies {
            records[index].reply += event.text
            switch event {
            case .token: records[index].tokens += 1
            case .finished(let result):
                records[index].ended = result.reason != .length
                try finished(records[index])
            }
        }
    }

    private func alone(_ task: Task, _ finished: (ReplyRecord) throws -> Void) async throws {
        var failed = record(task)
        do {
            try await together([task], finished)
            return
        } catch let error as StudyError {
            throw error
        } catch {
            failed.failure = "\(error)"
        }
        try finished(failed)
    }

    /// log p of every option of a multiple-choice question, by the composite.
    private func score(_ task: Task) async throws -> ReplyRecord {
        var record = record(task)
        var scores: [Double] = []
        for choice in task.line.choices {
            do {
                var request = try system.request(task.line, task.point, seed: task.seed, study)
                request.kind = .score(try system.loaded.response(choice, ended: false))
                scores.append(try await system.engine.generate(request).collect().logProbability)
            } catch let error as StudyError {
                throw error
            } catch {
                record.failure = "\(error)"
                return record
            }
        }
        let best = scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
        record.reply = task.line.choices[best]
        record.choices = scores
        record.ended = true
        return record
    }

    private func record(_ task: Task) -> ReplyRecord {
        ReplyRecord(
            key: task.key, system: task.point.name, prompts: task.set, prompt: task.line.id,
            seed: task.seed, reply: "", ended: false, tokens: 0)
    }
}
