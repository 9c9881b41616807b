import Foundation

/// The report of a study: a page, tables, and pictures.
struct StudyReport {
    let results: StudyResults
    let scores: ScoreTable

    init(_ results: StudyResults, scores: ScoreTable) {
        self.results = results
        self.scores = scores
    }

    /// Writes every file; each is whole or not there.
    func write(to folder: String) throws {
        func write(_ name: String, _ data: Data) throws {
            let path = (folder as NSString).appendingPathComponent(name)
            do {
                try data.write(to: URL(filePath: path), options: .atomic)
            } catch {
                throw StudyError.cannotWrite(path: path, reason: "the file cannot be written")
            }
        }
        try write("results.json", try results.json)
        try write("metrics.csv", Data(CSV.metrics(results).utf8))
        try write("scores.csv", Data(CSV.scores(scores).utf8))
        try write("report.html", Data(html.utf8))
        // Numbered by kind, over all figures of it.
        var drawn: [String: Int] = [:]
        for figure in results.figures {
            for chart in figure.charts {
                let number = drawn[figure.kind, default: 0] + 1
                drawn[figure.kind] = number
                try write("\(figure.kind)-\(number).svg", Data(chart.standaloneSVG.utf8))
            }
        }
    }

    var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(results.name.escapedForHTML)</title>
        <style>
        \(String(decoding: PackageResources.report_css, as: UTF8.self))</style></head><body>
        <h1>\(results.name.escapedForHTML)</h1>
        \((results.description.map { "<p>\($0.escapedForHTML)</p>" }) ?? "")
        \(summary)
        \(results.figures.map(section).joined(separator: "\n"))
        <h2>All metrics</h2>
        \(Self.table(["metric", "system", "mean"], results.metrics.map {
            [$0.metric, $0.system, $0.text]
        }))
        <h2>Systems</h2>
        \(Self.table(["system", "recipe", "formula", "parameters"], results.systems.map { system in
            let parameters = system.parameters.sorted { $0.key < $1.key }
                .map { "\($0.key) = \($0.value)" }
            return [
                system.name, system.recipe, system.formula,
                parameters.joined(separator: ", "),
            ]
        }))
        \(costs)
        </body></html>

        """
    }

    private var summary: String {
        let prompts = results.prompts.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let failed = results.failures.map { "\($0.count) \($0.what) (\($0.example))" }
        return "<p class=\"faint\">Prompts: \(prompts.escapedForHTML). Seeds: "
            + results.seeds.map { "\($0)" }.joined(separator: ", ")
            + ". Brackets are 95 % intervals by bootstrap over prompts, \(results.resamples) "
            + "resamples. \(results.date.escapedForHTML).</p>"
            + (failed.isEmpty
                ? ""
                : "<p><b>Failed, and in no figure:</b> "
                    + "\(failed.joined(separator: "; ").escapedForHTML).</p>")
    }

    private func section(_ figure: FigureResult) -> String {
        let charts = figure.charts.map {
            "<figure><figcaption>\($0.title.escapedForHTML)</figcaption>\($0.svg)</figure>"
        }
        return "<h2>\(figure.title.escapedForHTML)</h2>\n<p>\(figure.lead.escapedForHTML)</p>\n"
            + charts.joined(separator: "\n")
            + Self.table(["finding", "value"], figure.findings.map { [$0.name, $0.text] })
            + figure.page
    }

    private var costs: String {
        guard !results.judging.isEmpty else { return "" }
        return "<h2>Judges</h2>"
            + Self.table(
                ["judge", "requests", "prompt tokens", "completion tokens", "cost"],
                results.judging.map {
                    [
                        $0.judge, "\($0.requests)", "\($0.promptTokens)",
                        "\($0.completionTokens)", String(format: "%.2f", $0.cost),
                    ]
                })
    }

    static func table(_ titles: [String], _ rows: [[String]]) -> String {
        let head = titles.map { "<th>\($0.escapedForHTML)</th>" }.joined()
        let body = rows.map { row in
            let cells = row.enumerated().map { index, cell in
                "<td\(index == row.count - 1 ? " class=\"number\"" : "")>\(cell.escapedForHTML)</td>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        return "<div class=\"wide\"><table><tr>\(head)</tr>\n\(body.joined(separator: "\n"))"
            + "</table></div>\n"
    }
}

/// Tables for other programs: RFC 4180.
enum CSV {
    static func metrics(_ results: StudyResults) -> String {
        lines(
            ["metric", "system", "mean", "low", "high", "prompts"],
            results.metrics.map {
                [
                    $0.metric, $0.system, "\($0.estimate.value)", "\($0.estimate.low)",
                    "\($0.estimate.high)", "\($0.estimate.count)",
                ]
            })
    }

    static func scores(_ table: ScoreTable) -> String {
        lines(
            ["system", "prompts", "prompt", "seed", "judge", "score", "value", "reply"],
            table.rows.map {
                [
                    $0.reply.system, $0.reply.prompts, $0.reply.prompt, "\($0.reply.seed)",
                    $0.judge,
                    $0.score, "\($0.value)", $0.reply.reply,
                ]
            })
    }

    private static func lines(_ titles: [String], _ rows: [[String]]) -> String {
        ([titles] + rows).map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func cell(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
            return text
        }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
