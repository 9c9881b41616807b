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
        for (text, tokens) in zip(wanted, Self.lines(wanted, texts: self.texts, encode: encode)) {
            guard let tokens else { continue }
            spellings.withLock { $0[text] = .some(tokens) }
        }
    }

    /// The tokens of each text, or nil where they could not be told.
    static func lines(
        _ wanted: [[UInt8]], texts: [[UInt8]?], encode: ([UInt8]) -> [Int]
    ) -> [[Int32]?] {
        var results: [[Int32]?] = []
        var start = 0
        while start < wanted.count {
            var (end, bytes) = (start, [UInt8]())
            while end < wanted.count, bytes.count < batchBytes {
                bytes += wanted[end] + [0x0a]
                end += 1
            }
            results += split(encode(bytes), over: wanted[start..<end], texts)
            start = end
        }
        return results
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
