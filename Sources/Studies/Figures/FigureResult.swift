import Foundation

/// What a figure shows: findings in words and numbers, charts, and more for the page.
public struct FigureResult: Sendable {
    /// The kind, such as `decoupling`.
    public var kind: String
    public var title: String
    /// How to read it, in a sentence or two.
    public var lead: String
    public var findings: [Finding] = []
    public var charts: [Chart] = []
    /// More for the report, as HTML.
    var page = ""

    /// One number with its interval, and how it is put into words.
    public struct Finding: Sendable, Equatable, Codable {
        public var name: String
        public var estimate: Estimate?
        public var text: String
    }
}

extension FigureResult: Encodable {
    private enum CodingKeys: String, CodingKey { case kind, title, findings }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(title, forKey: .title)
        try container.encode(findings, forKey: .findings)
    }
}

extension Estimate {
    /// `78.2 % [75.0, 81.1]`, or `3.21 [3.10, 3.32]`.
    func text(isShare: Bool) -> String {
        guard !value.isNaN else { return "none" }
        func number(_ value: Double) -> String { value.text(isShare: isShare) }
        return "\(number(value))\(isShare ? " %" : "") [\(number(low)), \(number(high))]"
    }
}

extension Double {
    func text(isShare: Bool) -> String {
        let value = isShare ? self * 100 : self
        guard value.isFinite else { return value.isNaN ? "none" : (value < 0 ? "-inf" : "inf") }
        return String(format: isShare || abs(value) >= 100 ? "%.1f" : "%.2f", value)
    }
}
