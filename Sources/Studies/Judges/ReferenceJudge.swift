import Foundation

/// Compares replies with references: no model is asked.
public struct ReferenceJudge: Sendable, Equatable {
    public var rule: Rule

    public enum Rule: String, Sendable, Equatable, CaseIterable {
        /// The reply is a reference, but for case, white space and a closing full stop.
        case exact
        /// The reply names a reference, as whole words, in any case.
        case contains
        /// The last number of the reply equals a reference to one part in a million.
        case numeric
        /// Of the options of a question, the answer is the likeliest.
        case choice
    }

    public init(_ rule: Rule) { self.rule = rule }

    static let scores = ["right", "right by byte"]

    /// 1 or 0 under `right`; for multiple choice also `right by byte`, where log-probabilities are
    /// divided by the options' lengths in bytes.
    func scores(_ reply: ReplyRecord, _ line: DataLine) -> [String: Double] {
        if rule == .choice { return Self.choice(reply, line) }
        let isRight = line.answers.contains { matches(reply.reply, $0) }
        return ["right": isRight ? 1 : 0]
    }

    private func matches(_ reply: String, _ answer: String) -> Bool {
        switch rule {
        case .exact: Self.plain(reply) == Self.plain(answer)
        case .contains: WordSearch.has(reply, answer, exactCase: false)
        case .numeric:
            if let said = Self.lastNumber(reply), let wanted = Self.lastNumber(answer) {
                abs(said - wanted) <= 1e-6 * max(1, abs(wanted))
            } else {
                false
            }
        case .choice: false
        }
    }

    private static func plain(_ text: String) -> String {
        var text = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if text.last == "." { text.removeLast() }
        return text
    }

    /// The last number of a text; commas between digits are read as thousands.
    static func lastNumber(_ text: String) -> Double? {
        let pattern = /[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?/
        guard let match = text.matches(of: pattern).last else { return nil }
        let digits = match.output.replacing(",", with: "").replacing("−", with: "-")
        return Double(digits)
    }

    private static func choice(_ reply: ReplyRecord, _ line: DataLine) -> [String: Double] {
        guard let scores = reply.choices, scores.count == line.choices.count,
            let answer = line.answers.first.flatMap(line.choices.firstIndex)
        else { return [:] }
        func best(_ score: (Int) -> Double) -> Int? {
            scores.indices.max { (score($0), $1) < (score($1), $0) }
        }
        let byByte = best { scores[$0] / Double(max(1, line.choices[$0].utf8.count)) }
        return [
            "right": best { scores[$0] } == answer ? 1 : 0,
            "right by byte": byByte == answer ? 1 : 0,
        ]
    }
}
