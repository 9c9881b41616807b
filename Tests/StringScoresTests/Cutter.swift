/// Cuts a text into the pieces that merging stays inside of, as the regular expressions of tokenizers do.
enum Cutter: Sendable, CaseIterable {
    /// One piece.
    case none
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// `'s|…|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    case llama3
    /// The same with each digit alone.
    case qwen2
    /// The same with digits in threes from the right: `\d{1,3}(?=(?:\d{3})*\b)`.
    case digitsFromRight

    func pieces(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        guard self != .none else { return text.isEmpty ? [] : [text[...]] }
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        while start < text.count {
            let end = self.end(text, start)
            pieces.append(text[start..<end])
            start = end
        }
        return pieces
    }

    private func end(_ text: [UInt8], _ start: Int) -> Int {
        if let end = contraction(text, start) { return end }
        if self == .gpt2 { return gpt2(text, start) }
        let first = text[start]
        if isLetter(first) { return run(text, start, isLetter) }
        if first != 0x0a, first != 0x0d, !isDigit(first), start + 1 < text.count,
            isLetter(text[start + 1])
        {
            return run(text, start + 1, isLetter)
        }
        if isDigit(first) { return digits(text, start) }
        let mark = first == 0x20 && start + 1 < text.count ? start + 1 : start
        if isMark(text[mark]) {
            return run(text, run(text, mark, isMark), isBreak)
        }
        // Only white space from here on.
        let space = run(text, start, isSpace)
        if let last = (start..<space).last(where: { isBreak(text[$0]) }) { return last + 1 }
        return spaces(text, start, space)
    }

    private func gpt2(_ text: [UInt8], _ start: Int) -> Int {
        let body = text[start] == 0x20 && start + 1 < text.count ? start + 1 : start
        for kind in [isLetter, isDigit, isMark] where kind(text[body]) {
            return run(text, body, kind)
        }
        return spaces(text, start, run(text, start, isSpace))
    }

    /// `\s+(?!\S)|\s+`: all but the last one if something else follows, unless it is the only one.
    private func spaces(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        end == text.count || end == start + 1 ? end : end - 1
    }

    private func digits(_ text: [UInt8], _ start: Int) -> Int {
        let end = run(text, start, isDigit)
        switch self {
        case .qwen2: return start + 1
        case .digitsFromRight where end == text.count || !isLetter(text[end]):
            let odd = (end - start) % 3
            return start + (odd == 0 ? 3 : odd)
        default: return min(end, start + 3)
        }
    }

    private func contraction(_ text: [UInt8], _ start: Int) -> Int? {
        guard text[start] == 0x27 else { return nil }
        let rest = text[(start + 1)...]
        for ending in ["s", "t", "re", "ve", "m", "ll", "d"] where rest.starts(with: ending.utf8) {
            return start + 1 + ending.utf8.count
        }
        return nil
    }

    private func run(_ text: [UInt8], _ start: Int, _ holds: (UInt8) -> Bool) -> Int {
        text[start...].firstIndex { !holds($0) } ?? text.count
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte | 0x20) || byte >= 0x80
    }
    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }
    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || isBreak(byte) }
    private func isMark(_ byte: UInt8) -> Bool {
        !isLetter(byte) && !isDigit(byte) && !isSpace(byte)
    }
}
