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
        guard case .builtin = form else {
            return try tokenizer.encode(text, start: true, control: false)
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
        // Some templates drop white space around contents: then it is dropped here, too.
        let bare = messages.map { ChatMessage(role: $0.role, content: $0.content.trimmed) }
        let drops =
            try render(bare, addingReply: addingReply)
            == render(messages, addingReply: addingReply)
        var marked = messages
        for index in marked.indices where apart[index] {
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
                segments.append(((drops ? bare : messages)[index].content, false))
            }
        }
        return segments
    }
}

extension String {
    /// Without ASCII white space at both ends.
    fileprivate var trimmed: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let start = utf8.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(start[...last]) ?? self
    }
}
