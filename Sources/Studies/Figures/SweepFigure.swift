import EmulatedFineTuning

/// Metrics along a sweep: of β (amplification) or of the nucleus' mass p (truncation).
struct SweepFigure {
    let study: Study
    let kind: Figure.SweepKind
    let sweep: String
    let beside: [String]

    func result(_ metrics: [MetricTable.Column]) -> FigureResult {
        var result = FigureResult(
            kind: kind.rawValue, title: kind == .amplification ? "Amplification" : "Truncation",
            lead: kind == .amplification
                ? "The up-scaling delta, large base − small base, times β: 0 is the small tuned model, "
                    + "1 plain up-scaling."
                : "Up-scaling only on the nucleus of mass p of what the small tuned model finds likely; "
                    + "at 1 everywhere.")
        let points = study.systems.first { $0.name == sweep }?.points ?? []
        let parameter = points.first?.declaration.sweep?.parameter ?? ""
        for column in metrics {
            let means = points.compactMap { point in
                point.value.flatMap { value in column[point.name].map { (value, $0) } }
            }
            result.charts.append(
                .plane(
                    title: column.metric.name, x: Chart.Axis(name: parameter, isShare: false),
                    y: Chart.Axis(name: column.metric.name, isShare: column.isShare),
                    series: [
                        Chart.Series(
                            name: sweep,
                            points: means.map { value, mean in
                                Chart.Point(x: .exact(value), y: mean.estimate, label: "")
                            })
                    ],
                    references: beside.compactMap { name in
                        column[name].map { Chart.Reference(name: name, value: $0.value) }
                    }))
            for (value, mean) in means {
                result.findings.append(
                    .init(
                        name: "\(column.metric.name) at \(parameter) \(value.short)",
                        estimate: mean.estimate, text: column.text(mean.estimate)))
            }
            result.findings += changes(means, parameter, column)
        }
        return result
    }

    /// Every value against plain up-scaling, prompt by prompt.
    private func changes(
        _ means: [(Double, Resampled)], _ parameter: String, _ column: MetricTable.Column
    ) -> [FigureResult.Finding] {
        guard let plain = means.first(where: { $0.0 == 1 })?.1 else { return [] }
        return means.filter { $0.0 != 1 }.map { value, mean in
            let change = (mean - plain).estimate
            return .init(
                name: "\(column.metric.name): \(parameter) \(value.short) − \(parameter) 1",
                estimate: change, text: column.text(change))
        }
    }
}

extension Estimate {
    /// A number that is known exactly.
    static func exact(_ value: Double) -> Estimate {
        Estimate(value: value, low: value, high: value, count: 0)
    }
}
