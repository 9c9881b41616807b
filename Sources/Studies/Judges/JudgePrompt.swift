import Foundation

/// A judge's prompt: a text with places such as `{reply}`, from a file that users can edit.
struct JudgePrompt: Sendable, Equatable {
    let template: String

    static let names = [
        "judge-helpfulness.txt", "judge-factual-errors.txt", "judge-harmfulness.txt",
        "judge-pairwise.txt", "judge-again.txt",
    ]
    private static let places: Set<String> = ["question", "reply", "reply_a", "reply_b", "fence"]

    /// - Parameters:
    ///   - name: a file name of ``names``.
    ///   - folder: where a file of that name replaces ours, if it is there.
    /// - Throws: ``StudyError``.
    init(_ name: String, folder: String?) throws(StudyError) {
        let own = folder.map { ($0 as NSString).appendingPathComponent(name) }
        if let own, FileManager.default.fileExists(atPath: own) {
            template = try DataLine.text(own)
        } else {
            template = Self.ours(name)
        }
        for match in template.matches(of: /\{(\w+)\}/)
        where !Self.places.contains(String(match.output.1)) {
            throw .unknownPlaceholder(
                String(match.output.1), file: own ?? name, known: Array(Self.places))
        }
    }

    /// The text with its places filled. What is filled in is not searched for places again.
    func filled(_ values: [String: String]) -> String {
        template.replacing(/\{(\w+)\}/) { match in
            values[String(match.output.1)] ?? String(match.output.0)
        }
    }

    private static func ours(_ name: String) -> String {
        let bytes: [UInt8] =
            switch name {
            case "judge-helpfulness.txt": PackageResources.judge_helpfulness_txt
            case "judge-factual-errors.txt": PackageResources.judge_factual_errors_txt
            case "judge-harmfulness.txt": PackageResources.judge_harmfulness_txt
            case "judge-pairwise.txt": PackageResources.judge_pairwise_txt
            default: PackageResources.judge_again_txt
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The verdict at the end of a judge's answer.
enum Verdict {
    /// The number on the last line, `VERDICT: 7`; nil unless that line has exactly this form and the
    /// number is in range.
    static func number(_ answer: String, in range: ClosedRange<Double>) -> Double? {
        guard let word = word(answer), word.wholeMatch(of: /\d{1,6}(\.\d{1,6})?/) != nil,
            let number = Double(word), range.contains(number)
        else { return nil }
        return number
    }

    /// 1 for A, 0 for B, ½ for a tie.
    static func preference(_ answer: String) -> Double? {
        switch word(answer) {
        case "A": 1
        case "B": 0
        case "TIE": 0.5
        default: nil
        }
    }

    /// What the judge wrote before its verdict.
    static func reasoning(_ answer: String) -> String {
        guard let start = answer.range(of: "VERDICT:", options: .backwards) else { return answer }
        return answer[..<start.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func word(_ answer: String) -> String? {
        let lines = answer.split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard let last = lines.last(where: { !$0.isEmpty }), last.hasPrefix("VERDICT:") else {
            return nil
        }
        return last.dropFirst("VERDICT:".count).trimmingCharacters(in: .whitespaces)
    }
}
