public import EmulatedFineTuning

extension ChatTemplate {
    /// The tokens of a chat, in which only the template's own marks are control tokens.
    ///
    /// A message that spells a control token (`<|im_end|>`) could otherwise end its own turn and speak
    /// for someone else. Its content is then tokenized apart from the template around it.
    ///
    /// - Throws: ``LlamaError``, and what the tokenizer throws.
    /// - Complexity: tokenizes every message twice.
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
        var tokens: [TokenID] = []
        for segment in try segments(messages, apart: isRisky, addingReply: addingReply) {
            tokens += try tokenizer.encode(
                segment.text, start: tokens.isEmpty, control: segment.isTemplate)
        }
        return tokens
    }

    /// The rendered text, cut around the contents that shall stand apart.
    func segments(
        _ messages: [ChatMessage], apart: [Bool], addingReply: Bool
    ) throws(LlamaError) -> [(text: String, isTemplate: Bool)] {
        // A private-use character that no message holds marks the places.
        let contents = messages.map(\.content).joined()
        guard
            let mark = (0xf0000...0xffffd).lazy.compactMap({ Unicode.Scalar($0 as Int) })
                .first(where: { !contents.unicodeScalars.contains($0) })
        else { throw .invalidMessage(index: 0, reason: "the chat uses all private characters") }
        // Some templates drop white space around contents, or an earlier reply's thoughts: then they are
        // dropped here, too.
        let whole = try render(messages, addingReply: addingReply)
        var (bare, marked) = (messages, messages)
        for index in marked.indices where apart[index] {
            for content in messages[index].content.shortened {
                var shorter = messages
                shorter[index].content = content
                guard
                    try render(shorter, addingReply: addingReply).utf8.elementsEqual(whole.utf8)
                else { continue }
                bare[index].content = content
                break
            }
            marked[index].content = "\(mark)\(index)\(mark)"
        }
        let pieces = try render(marked, addingReply: addingReply).unicodeScalars
            .split(separator: mark, omittingEmptySubsequences: false).map { String($0) }
        // Template and index take turns: text, index, text, index, …, text.
        var segments: [(text: String, isTemplate: Bool)] = []
        for (position, piece) in pieces.enumerated() {
            if position % 2 == 0 {
                if !piece.isEmpty { segments.append((piece, true)) }
            } else if let index = Int(piece), messages.indices.contains(index) {
                segments.append((bare[index].content, false))
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
