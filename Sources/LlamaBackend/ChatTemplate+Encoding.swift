public import EmulatedFineTuning

extension ChatTemplate {
    /// The tokens of a chat, in which only the template's own marks are control tokens.
    ///
    /// A message that spells a control token (`<|im_end|>`) could otherwise end its own turn and speak
    /// for someone else. Its content is then tokenized apart from the template around it.
    ///
    /// - Throws: ``LlamaError``, and what the tokenizer throws.
    /// - Complexity: O(text · control tokens).
    public func encode(
        _ messages: [ChatMessage], addingReply: Bool = true, with tokenizer: any Tokenizer,
        vocabulary: Vocabulary
    ) throws -> [TokenID] {
        let text = try render(messages, addingReply: addingReply)
        guard case .builtin = form else {
            return try tokenizer.encode(text, start: true, control: false)
        }
        let marks = vocabulary.tokens.lazy
            .filter { $0.kind == .control || $0.kind == .unknown }
            .map { String(decoding: $0.bytes, as: UTF8.self) }
            .filter { !$0.isEmpty }
        let isRisky = messages.map { message in marks.contains { message.content.contains($0) } }
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
        guard let mark = (0xf0000...0xffffd).lazy.compactMap({ Unicode.Scalar($0 as Int) })
            .first(where: { !contents.unicodeScalars.contains($0) })
        else { throw .invalidMessage(index: 0, reason: "the chat uses all private characters") }
        var marked = messages
        for index in marked.indices where apart[index] {
            marked[index].content = "\(mark)\(index)\(mark)"
        }
        let pieces = try render(marked, addingReply: addingReply)
            .split(separator: Character(mark), omittingEmptySubsequences: false)
        // Template and index take turns: text, index, text, index, …, text.
        var segments: [(text: String, isTemplate: Bool)] = []
        for (position, piece) in pieces.enumerated() {
            if position % 2 == 0 {
                if !piece.isEmpty { segments.append((String(piece), true)) }
            } else if let index = Int(piece), messages.indices.contains(index) {
                segments.append((messages[index].content, false))
            }
        }
        return segments
    }
}
