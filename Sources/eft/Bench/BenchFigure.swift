import EmulatedFineTuning

/// Speed against block length as an SVG picture: measured, predicted, and the lines to beat.
struct BenchFigure {
    private let report: BenchReport
    private let width = 640.0
    private let height = 400.0
    private let left = 56.0
    private let right = 150.0
    private let top = 40.0
    private let bottom = 48.0

    init(_ report: BenchReport) { self.report = report }

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.short) \(height.short)" \
        font-family="system-ui, sans-serif" font-size="12" role="img">
        <title>\(escaped(report.recipe)): tokens per second by block length</title>
        <style>text{fill:#333}.axis{stroke:#999}.grid{stroke:#ddd}@media(prefers-color-scheme:dark)\
        {text{fill:#ddd}.grid{stroke:#444}}</style>
        <text x="\(left.short)" y="20" font-size="14">\(escaped(report.formula)), temperature \
        \(report.temperature.short)</text>
        \(axes)
        \(references)
        \(line(report.blocks.map { ($0.block, $0.predictedTokensPerSecond) }, "#888", "4 3"))
        \(line(measured, "#0b6bcb", ""))
        \(points)
        </svg>

        """
    }

    private var plain: Double {
        report.systems.first { $0.name == BenchSystem(kind: BenchSystem.plain).name }?
            .tokensPerSecond ?? 0
    }

    private var measured: [(Int, Double)] {
        [(0, plain)] + report.blocks.map { ($0.block, $0.tokensPerSecond) }
    }

    private var references: String {
        var lines: [(String, Double, String)] = [("plain", plain, "#999")]
        for system in report.systems {
            if system.name == report.large.map({ "\($0) alone" }) {
                lines.append((system.name, system.tokensPerSecond, "#c4314b"))
            }
            if system.name == BenchSystem(kind: .composite(.auto)).name {
                lines.append(("auto", system.tokensPerSecond, "#12833f"))
            }
        }
        var lowest = -Double.infinity
        return lines.sorted { $0.1 < $1.1 }.reversed().map { name, speed, color in
            let label = max(y(speed) + 4, lowest + 14)
            lowest = label
            return """
                <line x1="\(left.short)" x2="\((width - right).short)" y1="\(y(speed).fixed(1))" \
                y2="\(y(speed).fixed(1))" stroke="\(color)"/>
                <text x="\((width - right + 6).short)" y="\(label.fixed(1))">\(escaped(name)) \
                \(speed.fixed(1))</text>
                """
        }.joined(separator: "\n")
    }

    private var axes: String {
        let step = Self.step(highest)
        var parts: [String] = []
        var value = 0.0
        while value <= highest {
            parts.append(
                """
                <line class="grid" x1="\(left.short)" x2="\((width - right).short)" \
                y1="\(y(value).fixed(1))" y2="\(y(value).fixed(1))"/>
                <text x="\((left - 6).short)" y="\((y(value) + 4).fixed(1))" \
                text-anchor="end">\(value.short)</text>
                """)
            value += step
        }
        for (block, _) in measured {
            parts.append(
                "<text x=\"\(x(block).fixed(1))\" y=\"\((height - bottom + 18).short)\" "
                    + "text-anchor=\"middle\">\(block)</text>")
        }
        parts.append(
            "<text x=\"\(((left + width - right) / 2).short)\" y=\"\((height - 8).short)\" "
                + "text-anchor=\"middle\">proposed tokens per round; dashed: predicted</text>"
        )
        return parts.joined(separator: "\n")
    }

    private var points: String {
        measured.map { block, speed in
            "<circle cx=\"\(x(block).fixed(1))\" cy=\"\(y(speed).fixed(1))\" r=\"3.5\" "
                + "fill=\"#0b6bcb\"><title>block \(block): \(speed.fixed(1)) tokens/s</title></circle>"
        }.joined(separator: "\n")
    }

    private func line(_ points: [(Int, Double)], _ color: String, _ dashes: String) -> String {
        let path = points.filter { $0.1.isFinite }
            .map { "\(x($0.0).fixed(1)),\(y($0.1).fixed(1))" }.joined(separator: " ")
        return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\""
            + (dashes.isEmpty ? "/>" : " stroke-dasharray=\"\(dashes)\"/>")
    }

    private var highest: Double {
        let speeds =
            measured.map(\.1) + report.blocks.map(\.predictedTokensPerSecond)
            + report.systems.filter { $0.name == report.large.map { "\($0) alone" } }
            .map(\.tokensPerSecond)
            + report.systems.filter { $0.name == BenchSystem(kind: .composite(.auto)).name }
            .map(\.tokensPerSecond)
        return 1.1 * (speeds.filter(\.isFinite).max() ?? 1)
    }

    private func x(_ block: Int) -> Double {
        let last = Double(max(1, measured.last?.0 ?? 1))
        return left + Double(block) / last * (width - left - right)
    }

    private func y(_ speed: Double) -> Double {
        height - bottom - speed / highest * (height - top - bottom)
    }

    /// A round distance between grid lines.
    private static func step(_ highest: Double) -> Double {
        var step = 1.0
        while highest / step > 50 { step *= 10 }
        while highest / step < 1 { step /= 10 }
        for factor in [1.0, 2, 5, 10] where highest / (step * factor) <= 8 { return step * factor }
        return step * 10
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
