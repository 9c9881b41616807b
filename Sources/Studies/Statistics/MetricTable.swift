/// The metrics of a study: for each system the mean over prompts, with resamples that are shared by all
/// systems.
struct MetricTable {
    /// One metric.
    struct Column {
        var metric: Metric
        /// Whether values are shares of 1.
        var isShare: Bool
        var systems: [String: Resampled]

        subscript(_ system: String) -> Resampled? { systems[system] }

        /// A value as people read it.
        func text(_ estimate: Estimate) -> String { estimate.text(isShare: isShare) }
    }

    private(set) var columns: [Column] = []

    init(_ study: Study, _ scores: ScoreTable) {
        for metric in study.metrics {
            let rows = scores.rows.filter {
                $0.judge == metric.judge && $0.score == metric.score
                    && metric.prompts.contains($0.reply.prompts)
            }
            let judge = study.judges.first { $0.name == metric.judge }
            columns.append(
                Column(
                    metric: metric, isShare: judge?.isShare(metric.score) ?? false,
                    systems: Self.means(rows, study)))
        }
    }

    subscript(_ name: String) -> Column? { columns.first { $0.metric.name == name } }

    private struct Place: Hashable {
        var prompts: String
        var prompt: String
    }

    private static func means(_ rows: [ScoreTable.Row], _ study: Study) -> [String: Resampled] {
        var places: [Place: Int] = [:]
        for row in rows {
            let place = Place(prompts: row.reply.prompts, prompt: row.reply.prompt)
            if places[place] == nil { places[place] = places.count }
        }
        var sums: [String: [(sum: Double, count: Int)]] = [:]
        for row in rows {
            let place = Place(prompts: row.reply.prompts, prompt: row.reply.prompt)
            guard let index = places[place] else { continue }
            sums[row.reply.system, default: Array(repeating: (0, 0), count: places.count)][index]
                .sum += row.value
            sums[row.reply.system]?[index].count += 1
        }
        let bootstrap = Bootstrap(count: places.count, resamples: study.resamples, seed: 1)
        return sums.mapValues { entries in
            bootstrap.mean(entries.map { $0.count > 0 ? $0.sum / Double($0.count) : .nan })
        }
    }
}
