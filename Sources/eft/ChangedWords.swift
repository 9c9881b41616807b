import EmulatedFineTuning

/// A reply in which the words that the draft member alone would not have said stand in brackets.
enum ChangedWords {
    static func text(_ tokens: [GeneratedToken], _ composite: Composite) -> String {
        var text = ""
        var word: [UInt8] = []
        var isChanged = false
        func close() {
            let shown = String(decoding: word, as: UTF8.self)
            text += isChanged ? bracketed(shown) : shown
            (word, isChanged) = ([], false)
        }
        for token in tokens {
            let entry = composite.vocabulary.tokens[token.id]
            guard entry.kind != .control else { continue }
            if entry.bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }) {
                close()
                text += String(decoding: entry.bytes, as: UTF8.self)
                continue
            }
            if !continuesWord(entry.bytes) { close() }
            word += entry.bytes
            if let alone = token.attribution?.alone, alone != token.id { isChanged = true }
        }
        close()
        return text
    }

    /// Whether a token's text goes on with the word before it: it starts with a letter, a digit, an
    /// apostrophe, or inside a character.
    private static func continuesWord(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first else { return true }
        let scalar = Unicode.Scalar(first)
        return first >= 0x80 || first == 0x27 || scalar.properties.isAlphabetic
            || scalar.properties.numericType != nil
    }

    /// Brackets around a word, but not around the space before it.
    private static func bracketed(_ word: String) -> String {
        let space = word.prefix { $0.isWhitespace }
        let rest = word.dropFirst(space.count)
        return rest.isEmpty ? word : "\(space)[\(rest)]"
    }
}
