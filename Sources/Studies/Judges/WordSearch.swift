/// Finds phrases as whole words. Matches Python's `(?<!\w)phrase(?!\w)` with Unicode `\w`.
enum WordSearch {
    static func has(_ text: String, _ phrase: String, exactCase: Bool) -> Bool {
        let text = scalars(text, exactCase)
        let phrase = scalars(phrase, exactCase)
        guard !phrase.isEmpty else { return false }
        return starts(of: phrase, in: text).contains { start in
            let end = start + phrase.count
            return (start == 0 || !isWord(text[start - 1]))
                && (end == text.count || !isWord(text[end]))
        }
    }

    /// The text without a phrase, wherever it occurs, in any case.
    static func removing(_ phrase: String, from text: String) -> String {
        let original = Array(text.unicodeScalars)
        let lowered = original.map { folded($0) }
        let phrase = phrase.unicodeScalars.map { folded($0) }
        guard !phrase.isEmpty else { return text }
        var kept = String.UnicodeScalarView()
        var index = 0
        while index < original.count {
            if lowered[index...].starts(with: phrase) {
                index += phrase.count
            } else {
                kept.append(original[index])
                index += 1
            }
        }
        return String(kept)
    }

    private static func scalars(_ text: String, _ exactCase: Bool) -> [Unicode.Scalar] {
        exactCase ? Array(text.unicodeScalars) : text.unicodeScalars.map { folded($0) }
    }

    /// The lower-case form, where that is one scalar.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        return lower.count == 1 ? lower.first ?? scalar : scalar
    }

    private static func starts(
        of phrase: [Unicode.Scalar], in text: [Unicode.Scalar]
    ) -> [Int] {
        guard text.count >= phrase.count else { return [] }
        return (0...(text.count - phrase.count)).filter { text[$0...].starts(with: phrase) }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" || scalar.properties.isAlphabetic { return true }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }
}
