/// Every score of every reply.
struct ScoreTable {
    /// One score: a row of the CSV file.
    struct Row {
        var reply: ReplyRecord
        var judge: String
        var score: String
        var value: Double
    }

    private(set) var rows: [Row] = []
    let lines: [String: [String: DataLine]]

    init(_ study: Study, _ replies: [ReplyRecord]) {
        lines = Dictionary(
            uniqueKeysWithValues: study.prompts.map { set in
                (
                    set.name,
                    Dictionary(set.lines.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
                )
            })
    }

    func line(of reply: ReplyRecord) -> DataLine? { lines[reply.prompts]?[reply.prompt] }

    mutating func add(_ reply: ReplyRecord, _ judge: String, _ score: String, _ value: Double) {
        rows.append(Row(reply: reply, judge: judge, score: score, value: value))
    }
}
