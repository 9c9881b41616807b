/// A picture of numbers with their intervals.
public enum Chart: Sendable, Equatable {
    /// One row for each system.
    case intervals(title: String, isShare: Bool, rows: [Row])
    /// Points of one or several series, with intervals in both directions.
    case plane(title: String, x: Axis, y: Axis, series: [Series], references: [Reference])
    /// How often values fall into equal parts of [0, 1].
    case histogram(title: String, name: String, counts: [Int])

    public struct Row: Sendable, Equatable {
        public var label: String
        public var estimate: Estimate
    }

    public struct Axis: Sendable, Equatable {
        public var name: String
        public var isShare: Bool
    }

    public struct Point: Sendable, Equatable {
        public var x: Estimate
        public var y: Estimate
        public var label: String
    }

    public struct Series: Sendable, Equatable {
        public var name: String
        public var points: [Point]
    }

    /// A value that does not change along x.
    public struct Reference: Sendable, Equatable {
        public var name: String
        public var value: Double
    }

    public var title: String {
        switch self {
        case .intervals(let title, _, _), .plane(let title, _, _, _, _),
            .histogram(let title, _, _):
            title
        }
    }

    /// The picture as SVG, with the colours of its page.
    public var svg: String {
        switch self {
        case .intervals(let title, let isShare, let rows):
            Drawing.intervals(title, isShare, rows)
        case .plane(let title, let x, let y, let series, let references):
            Drawing.plane(title, x, y, series, references)
        case .histogram(let title, let name, let counts): Drawing.histogram(title, name, counts)
        }
    }

    /// The picture as a file of its own, which follows the reader's light or dark.
    public var standaloneSVG: String {
        let style = """
            <style>:root{--paper:#fff;--ink:#1c1c1e;--faint:#6b6b70;--line:#d8d8dc;--a:#1f6fb4;\
            --b:#c2570c;--c:#2e7d4f;--d:#7b4ba0}@media (prefers-color-scheme:dark){:root{\
            --paper:#161618;--ink:#ececf0;--faint:#9a9aa2;--line:#3a3a40;--a:#6cb2f0;--b:#f0a05a;\
            --c:#6cc490;--d:#c09ae6}}</style><rect width="100%" height="100%" fill="var(--paper)"/>
            """
        guard let end = svg.firstIndex(of: ">") else { return svg }
        return svg[...end] + style + svg[svg.index(after: end)...] + "\n"
    }
}
