package import Foundation

/// The outcome of a study, as `results.json` holds it.
public struct StudyResults: Encodable, Sendable {
    public var name: String
    public var description: String?
    /// When the report was made, UTC.
    public var date: String
    public var prompts: [String: Int]
    public var seeds: [UInt64]
    public var resamples: Int
    public var systems: [System]
    public var metrics: [Value]
    public var figures: [FigureResult]
    public var failures: [Failure]
    public var judging: [JudgeCost]

    public struct System: Codable, Sendable, Equatable {
        public var name: String
        public var recipe: String
        public var formula: String
        public var parameters: [String: Double]
    }

    /// A metric of a system.
    public struct Value: Codable, Sendable, Equatable {
        public var metric: String
        public var system: String
        public var estimate: Estimate
        /// The estimate as people read it.
        public var text: String
    }

    /// Replies or verdicts that failed; they are in no metric.
    public struct Failure: Codable, Sendable, Equatable {
        public var what: String
        public var count: Int
        public var example: String
    }

    /// What a judge at an endpoint cost.
    public struct JudgeCost: Codable, Sendable, Equatable {
        public var judge: String
        public var requests = 0
        public var promptTokens = 0
        public var completionTokens = 0
        public var cost = 0.0

        mutating func add(_ record: VerdictRecord, _ options: EndpointOptions) {
            requests += record.attempts
            promptTokens += record.promptTokens
            completionTokens += record.completionTokens
            cost +=
                (Double(record.promptTokens) * options.promptPrice
                    + Double(record.completionTokens) * options.completionPrice) / 1e6
        }
    }

    init(
        _ study: Study, systems: [System], _ table: MetricTable, _ figures: [FigureResult],
        _ replies: [ReplyRecord], _ judging: Judging.Summary
    ) {
        name = study.name
        description = study.description
        date = ISO8601DateFormatter().string(from: Date())
        prompts = Dictionary(
            study.prompts.map { ($0.name, $0.lines.count) }, uniquingKeysWith: { a, _ in a })
        seeds = study.seeds
        resamples = study.resamples
        self.systems = systems
        self.figures = figures
        metrics = table.columns.flatMap { column in
            systems.compactMap { system in
                column[system.name].map {
                    let estimate = $0.estimate
                    return Value(
                        metric: column.metric.name, system: system.name, estimate: estimate,
                        text: column.text(estimate))
                }
            }
        }
        let failed = replies.filter { $0.failure != nil }
        failures = Dictionary(grouping: failed, by: \.system).sorted { $0.key < $1.key }.map {
            Failure(
                what: "replies of \($0.key)", count: $0.value.count,
                example: $0.value[0].failure ?? "")
        }
        failures += judging.failures
        self.judging = judging.costs
    }

    /// The results as JSON.
    var json: Data {
        get throws {
            try JSONEncoder.report.encode(self)
        }
    }
}

extension JSONEncoder {
    /// For files that people read, too: snake case, sorted, and numbers that are none as texts.
    package static var report: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}
