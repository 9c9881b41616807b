import Foundation

/// Draws charts as SVG. Colours are variables of the page, so that pictures follow light and dark.
enum Drawing {
    private static let width = 420.0
    private static let colours = ["var(--a)", "var(--b)", "var(--c)", "var(--d)"]

    static func intervals(_ title: String, _ isShare: Bool, _ rows: [Chart.Row]) -> String {
        let left = 110.0
        let height = 34 + 30 * Double(rows.count)
        let bounds = rows.flatMap { [$0.estimate.low, $0.estimate.high, $0.estimate.value] }
        let scale = Scale(bounds + (isShare ? [0, 1] : [0]), from: left, to: width - 20)
        var parts = grid(scale, isShare, top: 6, bottom: height - 24)
        for (index, row) in rows.enumerated() {
            let y = 22 + 30 * Double(index)
            parts.append(text(row.label, left - 8, y + 4, anchor: "end"))
            parts.append(bar(scale(row.estimate.low), y, scale(row.estimate.high), y, colours[0]))
            parts.append(dot(scale(row.estimate.value), y, colours[0]))
            let value = row.estimate.value.text(isShare: isShare)
            parts.append(text(value, scale(row.estimate.value), y - 7, anchor: "middle", size: 10))
        }
        return svg(title, height, parts)
    }

    static func plane(
        _ title: String, _ x: Chart.Axis, _ y: Chart.Axis, _ series: [Chart.Series],
        _ references: [Chart.Reference]
    ) -> String {
        let points = series.flatMap(\.points)
        let legend = series.count + references.count
        let (top, bottom) = (10.0, 230.0)
        let height = bottom + 42 + 16 * Double(legend)
        let xs = Scale(points.flatMap { [$0.x.low, $0.x.high] }, from: 56, to: width - 16)
        let ys = Scale(
            points.flatMap { [$0.y.low, $0.y.high] } + references.map(\.value), from: bottom,
            to: top)
        var parts = grid(xs, x.isShare, top: top, bottom: bottom)
        for tick in ys.ticks {
            parts.append(line(56, ys(tick), width - 16, ys(tick), "var(--line)"))
            parts.append(
                text(Scale.text(tick, isShare: y.isShare), 50, ys(tick) + 4, anchor: "end"))
        }
        parts.append(text(x.name, (56 + width - 16) / 2, bottom + 34, anchor: "middle"))
        for (index, reference) in references.enumerated() {
            let colour = colours[(series.count + index) % colours.count]
            let place = ys(reference.value)
            parts.append(line(56, place, width - 16, place, colour, dashed: true))
            parts.append(key(series.count + index, reference.name, bottom, colour, dashed: true))
        }
        for (index, entry) in series.enumerated() {
            let colour = colours[index % colours.count]
            parts.append(contentsOf: draw(entry, xs, ys, colour))
            parts.append(key(index, entry.name, bottom, colour, dashed: false))
        }
        return svg(title, height, parts)
    }

    static func histogram(_ title: String, _ name: String, _ counts: [Int]) -> String {
        let total = Double(max(1, counts.reduce(0, +)))
        let (top, bottom) = (10.0, 170.0)
        let ys = Scale([0] + counts.map { Double($0) / total }, from: bottom, to: top)
        let xs = Scale([0, 1], from: 56, to: width - 16)
        var parts = grid(xs, false, top: top, bottom: bottom)
        for tick in ys.ticks {
            parts.append(text(Scale.text(tick, isShare: true), 50, ys(tick) + 4, anchor: "end"))
        }
        let step = (width - 16 - 56) / Double(max(1, counts.count))
        for (index, count) in counts.enumerated() {
            let y = ys(Double(count) / total)
            parts.append(
                "<rect x=\"\(f(56 + step * Double(index) + 1))\" y=\"\(f(y))\" "
                    + "width=\"\(f(step - 2))\" height=\"\(f(bottom - y))\" fill=\"var(--a)\"/>")
        }
        parts.append(text(name, (56 + width - 16) / 2, bottom + 34, anchor: "middle"))
        return svg(title, bottom + 42, parts)
    }

    private static func draw(
        _ series: Chart.Series, _ xs: Scale, _ ys: Scale, _ colour: String
    ) -> [String] {
        var parts: [String] = []
        let path = series.points.map { "\(f(xs($0.x.value))),\(f(ys($0.y.value)))" }
        parts.append(
            "<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\" "
                + "stroke=\"\(colour)\" stroke-width=\"1.5\"/>")
        for point in series.points {
            let (x, y) = (xs(point.x.value), ys(point.y.value))
            if point.x.low < point.x.high {
                parts.append(bar(xs(point.x.low), y, xs(point.x.high), y, colour, thin: true))
            }
            parts.append(bar(x, ys(point.y.low), x, ys(point.y.high), colour, thin: true))
            parts.append(dot(x, y, colour))
            if !point.label.isEmpty {
                parts.append(text(point.label, x + 6, y - 6, anchor: "start", size: 10))
            }
        }
        return parts
    }

    private static func grid(
        _ scale: Scale, _ isShare: Bool, top: Double, bottom: Double
    ) -> [String] {
        scale.ticks.flatMap { tick in
            [
                line(scale(tick), top, scale(tick), bottom, "var(--line)"),
                text(
                    Scale.text(tick, isShare: isShare), scale(tick), bottom + 16, anchor: "middle"),
            ]
        }
    }

    private static func key(
        _ index: Int, _ name: String, _ bottom: Double, _ colour: String, dashed: Bool
    ) -> String {
        let y = bottom + 50 + 16 * Double(index)
        return line(56, y - 4, 76, y - 4, colour, dashed: dashed, width: 2)
            + text(name, 82, y, anchor: "start")
    }

    private static func svg(_ title: String, _ height: Double, _ parts: [String]) -> String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(f(width)) \(f(height))\" "
            + "role=\"img\" aria-label=\"\(title.escapedForHTML)\" "
            + "font-family=\"system-ui, sans-serif\">" + parts.joined() + "</svg>"
    }

    private static func text(
        _ text: String, _ x: Double, _ y: Double, anchor: String, size: Double = 12
    ) -> String {
        "<text x=\"\(f(x))\" y=\"\(f(y))\" text-anchor=\"\(anchor)\" font-size=\"\(f(size))\" "
            + "fill=\"var(--ink)\">\(text.escapedForHTML)</text>"
    }

    private static func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String,
        dashed: Bool = false, width: Double = 1
    ) -> String {
        "<line x1=\"\(f(x1))\" y1=\"\(f(y1))\" x2=\"\(f(x2))\" y2=\"\(f(y2))\" "
            + "stroke=\"\(colour)\" stroke-width=\"\(f(width))\""
            + (dashed ? " stroke-dasharray=\"5 4\"/>" : "/>")
    }

    private static func bar(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String,
        thin: Bool = false
    ) -> String {
        line(x1, y1, x2, y2, colour, width: thin ? 1 : 3)
    }

    private static func dot(_ x: Double, _ y: Double, _ colour: String) -> String {
        "<circle cx=\"\(f(x))\" cy=\"\(f(y))\" r=\"4\" fill=\"\(colour)\"/>"
    }

    private static func f(_ value: Double) -> String {
        String(format: "%g", (value * 10).rounded() / 10)
    }
}

extension String {
    /// The text as it stands in HTML and XML, quotes too.
    var escapedForHTML: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // XML has no place for other control characters.
            case "\u{0}"..<"\u{9}", "\u{b}"..<"\u{d}", "\u{e}"..<"\u{20}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
