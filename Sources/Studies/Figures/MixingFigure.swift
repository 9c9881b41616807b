import EmulatedFineTuning

/// Two behaviours mixed at decode time: one metric against another along λ.
struct MixingFigure {
    let study: Study
    let sweeps: [String]

    func result(_ x: MetricTable.Column?, _ y: MetricTable.Column?) -> FigureResult {
        var result = FigureResult(
            kind: "mixing", title: "Behaviours mixed",
            lead:
                "Two fine-tunings mixed with weights λ and 1 − λ. A curve that lies further up at the "
                + "same harm is the better trade. The trend is the slope of a line through the points, "
                + "per unit of λ.")
        guard let x, let y else { return result }
        var series: [Chart.Series] = []
        for sweep in sweeps {
            let points = (study.systems.first { $0.name == sweep }?.points ?? []).filter {
                x[$0.name] != nil && y[$0.name] != nil
            }
            series.append(
                Chart.Series(
                    name: sweep,
                    points: points.compactMap { point in
                        guard let a = x[point.name], let b = y[point.name] else { return nil }
                        return Chart.Point(
                            x: a.estimate, y: b.estimate,
                            label: point.value.map { "λ \($0.short)" } ?? "")
                    }))
            for column in [x, y] {
                result.findings += findings(sweep, points, column)
            }
        }
        result.charts = [
            .plane(
                title: "\(y.metric.name) against \(x.metric.name)",
                x: Chart.Axis(name: x.metric.name, isShare: x.isShare),
                y: Chart.Axis(name: y.metric.name, isShare: y.isShare), series: series,
                references: [])
        ]
        return result
    }

    private func findings(
        _ sweep: String, _ points: [SystemPoint], _ column: MetricTable.Column
    ) -> [FigureResult.Finding] {
        var findings: [FigureResult.Finding] = []
        for point in points {
            guard let mean = column[point.name] else { continue }
            findings.append(
                .init(
                    name: "\(column.metric.name): \(point.name)", estimate: mean.estimate,
                    text: column.text(mean.estimate)))
        }
        let values = points.compactMap(\.value)
        guard values.count == points.count, values.count >= 2 else { return findings }
        let trend = Resampled.combine(points.compactMap { column[$0.name] }) {
            Self.slope(values, $0)
        }.estimate
        let verdict =
            trend.holds(0)
            ? "no significant trend" : trend.value > 0 ? "rises with λ" : "falls with λ"
        findings.append(
            .init(
                name: "\(column.metric.name): \(sweep), trend over λ", estimate: trend,
                text: "\(column.text(trend)), \(verdict)"))
        return findings
    }

    /// The slope of the least-squares line.
    static func slope(_ x: [Double], _ y: [Double]) -> Double {
        let (meanX, meanY) = (
            x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count)
        )
        let products = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let squares = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        return products / squares
    }
}
