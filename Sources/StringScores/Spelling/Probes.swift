/// Texts that stand for everything which could follow.
///
/// Tokenizers cut a text with a regular expression before they merge bytes, and these expressions look
/// a little ahead: a run of spaces is cut before its last space if a word follows, a line break belongs
/// to those after it, `'r` becomes a contraction with an `e`. What is the same under all probes does
/// not depend on what follows. An expression that looks for something else needs probes of its own.
package struct Probes: Sendable {
    /// What is tried after text that is to be final.
    package var all: [[UInt8]]
    /// The few that decide how a string is written which may be followed by anything.
    package var few: [[UInt8]]
    /// More of them after white space: what joins a space before it, or does not.
    package var afterSpace: [[UInt8]]
    /// More of them after a digit: some expressions cut digits in threes from the right.
    package var afterDigit: [[UInt8]]
    /// More of them up to two letters after an apostrophe: what could become a contraction.
    package var afterApostrophe: [[UInt8]]

    package init(
        all: [[UInt8]], few: [[UInt8]], afterSpace: [[UInt8]] = [],
        afterDigit: [[UInt8]] = [], afterApostrophe: [[UInt8]] = []
    ) {
        self.all = all
        self.few = few
        self.afterSpace = afterSpace
        self.afterDigit = afterDigit
        self.afterApostrophe = afterApostrophe
    }

    /// Probes for the expressions of GPT-2, Llama 3, Qwen 2, GPT-4o, Falcon, SmolLM2 and DeepSeek, and for
    /// SentencePiece. Most end with a letter, so that they can be tried together.
    package static let standard = Probes(
        all: texts(
            "", " ", "\n", "1", ".", "a", " a", "\na", "1a", ".a", "  a", "\n\na", " \na", "\n a",
            "A",
            "'a", "'sa", "'rea", "s", "e", "re", "ll", "11a", "111a", ",a", "/a", "éa", "中a",
            "\r\na",
            "\ta"),
        few: texts("", "a", " a", "\na"), afterSpace: texts("1", "."),
        afterDigit: texts("1", "11", "1a", "11a"), afterApostrophe: texts("e", "s", "l", "re", "ll")
    )

    private static func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    /// The probes that decide how a text is written: with those for what it ends with.
    func deciding(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        if text.suffix(3).contains(0x27) { return few + afterApostrophe }
        guard let last = text.last else { return few }
        if Characters.isSpace(last) { return few + afterSpace }
        return Characters.isDigit(last) ? few + afterDigit : few
    }

    /// Those of them that matter to a token at the end of a text: after a letter of ASCII that is no part of
    /// a contraction no expression looks ahead.
    func decidingEnd(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        if let last = text.last, Characters.isLetter(last), !text.suffix(3).contains(0x27) {
            return [[]]
        }
        return deciding(text)
    }
}
