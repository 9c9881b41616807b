public import ChatTemplates
public import EmulatedFineTuning

extension ChatTemplate {
    /// The tokens of a chat, in which only the template's own marks are control tokens.
    ///
    /// A message that spells a control token (`<|im_end|>`), whole or with what the template writes beside
    /// it, could otherwise end its own turn and speak for someone else. Such a message is tokenized apart
    /// from the template around it. A `raw` prompt is written by the caller, and its marks count.
    ///
    /// If the model wants a BOS token, there is one: the template writes it, or it is added.
    ///
    /// - Parameter spellings: those of the vocabulary, made once for many chats; nil: they are made here.
    /// - Throws: `TemplateError`, and what the tokenizer throws.
    /// - Complexity: what rendering takes, and tokenizes every message once or twice; O(vocabulary) without
    ///   `spellings`.
    public func encode(
        _ messages: [ChatMessage], addingReply: Bool = true,
        options: TemplateOptions = TemplateOptions(), with tokenizer: any Tokenizer,
        vocabulary: Vocabulary, spellings: ControlSpellings? = nil
    ) throws -> [TokenID] {
        let text = try render(messages, addingReply: addingReply, options: options)
        switch form {
        case .plain: return try tokenizer.encode(text.string, start: true, control: false)
        case .raw:
            return try tokenizer.encode(
                text.string, start: !vocabulary.isBegun(text.string), control: true)
        case .jinja:
            let segments = (spellings ?? ControlSpellings(of: vocabulary)).segments(of: text)
            return try Self.encode(segments, with: tokenizer, vocabulary: vocabulary)
        }
    }

    private static func encode(
        _ segments: [ControlSpellings.Segment], with tokenizer: any Tokenizer,
        vocabulary: Vocabulary
    ) throws -> [TokenID] {
        if segments.isEmpty { return try tokenizer.encode("", start: true, control: true) }
        // SentencePiece tokenizers put a space before every text, and after every control token; not before
        // text that goes on. A line break takes that space, and merges with nothing.
        let lead = try tokenizer.encode("\n", start: false, control: false)
        let addsSpace = lead.count > 1 && vocabulary.tokens[lead[0]].bytes == [UInt8(ascii: " ")]
        var tokens: [TokenID] = []
        for (index, segment) in segments.enumerated() {
            let (text, isTemplate) = segment
            if addsSpace, let last = tokens.last, vocabulary.tokens[last].kind.isText {
                let led = try tokenizer.encode("\n" + text, start: false, control: isTemplate)
                if led.starts(with: lead) {
                    tokens += led.dropFirst(lead.count)
                    continue
                }
            }
            let start = index == 0 && !(isTemplate && vocabulary.isBegun(text))
            tokens += try tokenizer.encode(text, start: start, control: isTemplate)
        }
        return tokens
    }
}

extension Vocabulary {
    /// Whether a text begins with the token that the model wants at its start.
    package func isBegun(_ text: String) -> Bool {
        guard let beginning else { return false }
        return !tokens[beginning].bytes.isEmpty && text.utf8.starts(with: tokens[beginning].bytes)
    }
}

extension Vocabulary.Kind {
    /// Whether a token's bytes are a piece of the text around it.
    fileprivate var isText: Bool { self == .normal || self == .byte }
}
