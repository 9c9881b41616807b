import Foundation

/// Whether a reply matches a regular expression.
public struct PatternJudge: Sendable, Equatable {
    /// The expression, in the syntax of Swift's `Regex`; nil: each line has its own, `pattern`.
    public var pattern: String?

    public init(_ pattern: String? = nil) { self.pattern = pattern }

    static let scores = ["right"]

    /// The expression for a line; nil if there is none.
    func pattern(for line: DataLine) -> String? { pattern ?? line.fields["pattern"] }

    /// 1 under `right` if the expression matches somewhere in the reply. White space at the reply's ends
    /// does not count, so `^` and `$` are its first and its last word.
    func scores(_ reply: ReplyRecord, _ line: DataLine) -> [String: Double] {
        guard let pattern = pattern(for: line), let regex = try? Regex(pattern) else { return [:] }
        let text = reply.reply.trimmingCharacters(in: .whitespacesAndNewlines)
        return ["right": text.firstMatch(of: regex) == nil ? 0 : 1]
    }

    /// Why an expression cannot be used; nil: it can.
    static func fault(of pattern: String) -> String? {
        do {
            _ = try Regex(pattern)
            return nil
        } catch {
            return "`\(pattern)` is no regular expression: \(error)."
        }
    }
}
