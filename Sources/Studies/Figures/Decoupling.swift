/// The 2 × 2 of scales: what pre-training scale and fine-tuning scale each buy.
///
///     share of the gap closed = (system − small) / (large − small)
///
/// where small and large are the tuned models at one scale, and the system takes its pre-training from
/// one scale and its fine-tuning from the other.
///
/// Source: Mitchell et al. 2023, arXiv:2310.12962, section 4.
struct Decoupling {
    let small: String
    let up: String
    let down: String
    let large: String

    func result(_ metrics: [MetricTable.Column]) -> FigureResult {
        var result = FigureResult(
            kind: "decoupling", title: "What pre-training and fine-tuning each buy",
            lead:
                "Four systems: pre-trained small or large, fine-tuned small or large. The share of "
                + "the gap closed is (system − small tuned) / (large tuned − small tuned); where the "
                + "interval of the gap itself holds 0 there is no gap to close.")
        for column in metrics {
            guard let a = column[small], let b = column[up], let c = column[down],
                let d = column[large]
            else { continue }
            result.charts.append(chart(column))
            result.findings += findings(column, small: a, up: b, down: c, large: d)
        }
        return result
    }

    private func findings(
        _ column: MetricTable.Column, small: Resampled, up: Resampled, down: Resampled,
        large: Resampled
    ) -> [FigureResult.Finding] {
        let name = column.metric.name
        let gap = (large - small).estimate
        let pretraining = Resampled.combine([small, up, down, large]) {
            ($0[1] - $0[0] + $0[3] - $0[2]) / 2
        }.estimate
        let tuning = Resampled.combine([small, up, down, large]) {
            ($0[2] - $0[0] + $0[3] - $0[1]) / 2
        }.estimate
        var findings: [FigureResult.Finding] = []
        func add(_ what: String, _ estimate: Estimate) {
            findings.append(
                .init(name: "\(name): \(what)", estimate: estimate, text: column.text(estimate)))
        }
        add("gap, large tuned − small tuned", gap)
        add("effect of pre-training scale", pretraining)
        add("effect of fine-tuning scale", tuning)
        for (what, system) in [("up-scaled", up), ("down-scaled", down)] {
            let share = Resampled.combine([small, system, large]) {
                ($0[1] - $0[0]) / ($0[2] - $0[0])
            }.estimate
            let title = "\(name): share of the gap closed, \(what)"
            findings.append(
                gap.holds(0) || gap.value.isNaN
                    ? .init(name: title, estimate: nil, text: "no gap")
                    : .init(name: title, estimate: share, text: share.text(isShare: false)))
        }
        return findings
    }

    private func chart(_ column: MetricTable.Column) -> Chart {
        let rows = [
            ("small tuned", small), ("up-scaled", up), ("down-scaled", down),
            ("large tuned", large),
        ]
        return .intervals(
            title: column.metric.name, isShare: column.isShare,
            rows: rows.compactMap { label, system in
                column[system].map { Chart.Row(label: label, estimate: $0.estimate) }
            })
    }
}
