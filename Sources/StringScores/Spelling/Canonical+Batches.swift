import Synchronization

extension Canonical {
    /// Bytes of one call for several texts, about.
    private static var batchBytes: Int { 4096 }

    /// Finds the tokens of many texts in few calls, and keeps them.
    ///
    /// Some tokenizers take 50 µs for a word, for the set-up of a regular expression, and 1 µs for a byte.
    /// Texts that begin and end like words are therefore written one a line and tokenized together. The
    /// line breaks show where each one's tokens begin and end; where a token crosses one, the texts beside it are
    /// left for a call of their own.
    func prepare(_ texts: [[UInt8]]) {
        var wanted: [[UInt8]] = []
        spellings.withLock { kept in
            var seen: Set<[UInt8]> = []
            for text in texts where text.count <= Self.keptBytes && Self.isLine(text) {
                if seen.insert(text).inserted, kept[text] == nil { wanted.append(text) }
            }
        }
        guard wanted.count > 1 else { return }
        let written = Self.batches(of: wanted).flatMap {
            Self.lines(wanted[$0], texts: self.texts, encode: encode)
        }
        for (text, tokens) in zip(wanted, written) {
            guard let tokens else { continue }
            spellings.withLock { $0[text] = .some(tokens) }
        }
    }

    /// Texts that are tokenized in one call each.
    static func batches(of texts: [[UInt8]]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var start = 0
        while start < texts.count {
            var (end, bytes) = (start, 0)
            while end < texts.count, bytes < batchBytes {
                bytes += texts[end].count + 1
                end += 1
            }
            batches.append(start..<end)
            start = end
        }
        return batches
    }

    /// The tokens of each text, by one call for all of them; nil where they could not be told.
    ///
    /// - Parameter separator: written after each text.
    static func lines(
        _ wanted: ArraySlice<[UInt8]>, separator: UInt8 = 0x0a, texts: [[UInt8]?],
        encode: ([UInt8]) -> [Int]
    ) -> [[Int32]?] {
        split(encode(wanted.flatMap { $0 + [separator] }), over: wanted, texts)
    }

    /// The tokens of several lines, divided; nil where the tokens do not keep to the line.
    private static func split(
        _ tokens: [Int], over lines: ArraySlice<[UInt8]>, _ texts: [[UInt8]?]
    ) -> [[Int32]?] {
        var results: [[Int32]?] = []
        var (next, place, base) = (0, 0, 0)
        for line in lines {
            // Tokens from before the line that reach into it, as after a line that failed.
            while place < base, next < tokens.count {
                guard texts.indices.contains(tokens[next]) else {
                    return results.padded(lines.count)
                }
                place += texts[tokens[next]]?.count ?? 0
                next += 1
            }
            var own: [Int32] = []
            var isWhole = place == base
            while place < base + line.count, next < tokens.count {
                guard texts.indices.contains(tokens[next]), let text = texts[tokens[next]] else {
                    return results.padded(lines.count)
                }
                let offset = place - base
                isWhole =
                    isWhole && offset >= 0 && offset + text.count <= line.count
                    && line[offset..<(offset + text.count)].elementsEqual(text)
                own.append(Int32(tokens[next]))
                place += text.count
                next += 1
            }
            isWhole = isWhole && place == base + line.count
            results.append(isWhole ? own : nil)
            base += line.count + 1
        }
        return results
    }

    /// Whether a text has the same tokens alone as on a line of its own: it begins with a letter, a digit
    /// or a space and a letter, ends with a letter that is no part of a contraction, and has whole
    /// characters only.
    static func isLine(_ text: [UInt8]) -> Bool {
        let start = text.first == 0x20 ? 1 : 0
        let first = Characters.kind(at: start, in: text)
        guard first == .letter || (first == .digit && start == 0), !text.suffix(3).contains(0x27),
            Characters.kind(before: text.count, in: text) == .letter
        else { return false }
        return isWhole(text)
    }

    /// Whether bytes are whole characters.
    static func isWhole(_ text: [UInt8]) -> Bool {
        var place = 0
        while place < text.count {
            let length = Characters.length(in: text[...], at: place)
            guard length > 0 else { return false }
            place += length
        }
        return true
    }
}

extension [[Int32]?] {
    /// The same with nil for what is missing.
    fileprivate func padded(_ count: Int) -> Self {
        self + Self(repeating: nil, count: Swift.max(0, count - self.count))
    }
}
