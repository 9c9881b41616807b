public import EmulatedFineTuning

extension ChatTemplate {
    /// The tokens of a chat, in which only the template's own marks are control tokens.
    ///
    /// A message that spells a control token (`<|im_end|>`) could otherwise end its own turn and speak
    /// for someone else. Its content is then tokenized apart from the template around it.
    ///
    /// - Throws: ``LlamaError``, and what the tokenizer throws.
    /// - Complexity: tokenizes every message up to three times.
    public func encode(
        _ messages: [ChatMessage], addingReply: Bool = true, with tokenizer: any Tokenizer,
        vocabulary: Vocabulary
    ) throws -> [TokenID] {
        let text = try render(messages, addingReply: addingReply)
        switch form {
        case .plain, .raw: return try tokenizer.encode(text, start: true, control: false)
        case .dialect, .builtin: break
        }
        func holdsControl(_ text: String) throws -> Bool {
            try tokenizer.encode(text, start: false, control: true).contains {
                let kind = vocabulary.tokens[$0].kind
                return kind == .control || kind == .unknown
            }
        }
        if let index = try messages.firstIndex(where: { try holdsControl($0.role) }) {
            throw LlamaError.invalidMessage(
                index: index, reason: "its role spells a control token")
        }
        let isRisky = try messages.map { try holdsControl($0.content) }
        guard isRisky.contains(true) else {
            return try tokenizer.encode(text, start: true, control: true)
        }
        // SentencePiece tokenizers put a space before every text, and after every control token; not before
        // text that goes on. A line break takes that space, and merges with nothing.
        let lead = try tokenizer.encode("\n", start: false, control: false)
        let addsSpace = lead.count > 1 && vocabulary.tokens[lead[0]].bytes == [UInt8(ascii: " ")]
        var tokens: [TokenID] = []
        for (text, isTemplate) in try segments(messages, apart: isRisky, addingReply: addingReply) {
            if addsSpace, let last = tokens.last, vocabulary.tokens[last].kind.isText {
                let led = try tokenizer.encode("\n" + text, start: false, control: isTemplate)
                if led.starts(with: lead) {
                    tokens += led.dropFirst(lead.count)
                    continue
                }
            }
            tokens += try tokenizer.encode(text, start: tokens.isEmpty, control: isTemplate)
        }
        return tokens
    }

    /// The rendered text, cut around the contents that shall stand apart.
    func segments(
        _ messages: [ChatMessage], apart: [Bool], addingReply: Bool
    ) throws(LlamaError) -> [(text: String, isTemplate: Bool)] {
        // A private-use character that no message holds marks the places.
        let used = Set(
            messages.flatMap { $0.content.unicodeScalars.lazy.filter { $0.value >= 0xf0000 } })
        guard
            let mark = (0xf0000...0xffffd).lazy.compactMap({ Unicode.Scalar($0 as Int) })
                .first(where: { !used.contains($0) })
        else { throw .invalidMessage(index: 0, reason: "the chat uses all private characters") }
        var marked = messages
        for index in marked.indices where apart[index] {
            marked[index].content = "\(mark)\(index)\(mark)"
        }
        // Template and index take turns: text, index, text, index, …, text.
        let pieces = try render(marked, addingReply: addingReply).unicodeScalars
            .split(separator: mark, omittingEmptySubsequences: false).map { String($0) }
        // Some templates drop white space around contents, or an earlier reply's thoughts. What they leave
        // is found in the text itself, read from its start.
        let whole = Array(try render(messages, addingReply: addingReply).utf8)
        var place = 0
        var segments: [(text: String, isTemplate: Bool)] = []
        for (position, piece) in pieces.enumerated() {
            if position % 2 == 0 {
                if !piece.isEmpty { segments.append((piece, true)) }
                place += piece.utf8.count
            } else if let index = Int(piece), messages.indices.contains(index) {
                let content = messages[index].content
                let next = position + 1 < pieces.count ? pieces[position + 1] : ""
                let left = (content.shortened + [content]).first { shorter in
                    let rest = whole.dropFirst(place)
                    return rest.starts(with: shorter.utf8)
                        && rest.dropFirst(shorter.utf8.count).starts(with: next.utf8)
                }
                segments.append((left ?? content, false))
                place += (left ?? content).utf8.count
            }
        }
        return segments
    }
}

extension String {
    /// What a template may leave of a content that it shortens.
    fileprivate var shortened: [String] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        return [afterThoughts, self].compactMap { $0 }.flatMap { text in
            let bytes = Array(text.utf8)
            let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
            return [
                text.trimmedAsPython,
                String(decoding: bytes[..<end].drop(while: isSpace), as: UTF8.self),
                // A system message before it keeps the white space at its start.
                String(text.unicodeScalars.dropLast(text.trailingSpaces)),
                String(decoding: bytes.drop { $0 == 0x0a }, as: UTF8.self),
            ]
        }
    }

    /// Scalars that trimming takes off the end.
    private var trailingSpaces: Int {
        let kept = ("." + self).trimmedAsPython.unicodeScalars.count - 1
        return unicodeScalars.count - kept
    }
}

extension Vocabulary.Kind {
    /// Whether a token's bytes are a piece of the text around it.
    fileprivate var isText: Bool { self == .normal || self == .byte }
}
