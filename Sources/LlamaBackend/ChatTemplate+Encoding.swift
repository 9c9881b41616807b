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
    /// - Throws: `TemplateError`, and what the tokenizer throws.
    /// - Complexity: what rendering takes, and tokenizes every message once or twice.
    public func encode(
        _ messages: [ChatMessage], addingReply: Bool = true,
        options: TemplateOptions = TemplateOptions(), with tokenizer: any Tokenizer,
        vocabulary: Vocabulary
    ) throws -> [TokenID] {
        let text = try render(messages, addingReply: addingReply, options: options)
        switch form {
        case .plain: return try tokenizer.encode(text.string, start: true, control: false)
        case .raw:
            return try tokenizer.encode(
                text.string, start: !vocabulary.isBegun(text.string), control: true)
        case .jinja:
            return try Self.encode(text, with: tokenizer, vocabulary: vocabulary)
        }
    }

    private static func encode(
        _ text: MarkedText, with tokenizer: any Tokenizer, vocabulary: Vocabulary
    ) throws -> [TokenID] {
        let segments = ControlSpellings(of: vocabulary).segments(of: text)
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

/// The spellings of a vocabulary's control tokens, as a tree of their bytes.
private struct ControlSpellings {
    /// Nodes by parent and byte.
    private var children: [UInt64: Int] = [:]
    private var ends: Set<Int> = []
    private var count = 1

    init(of vocabulary: Vocabulary) {
        for token in vocabulary.tokens
        where (token.kind == .control || token.kind == .unknown) && !token.bytes.isEmpty {
            var node = 0
            for byte in token.bytes {
                let key = UInt64(node) << 8 | UInt64(byte)
                if let child = children[key] {
                    node = child
                } else {
                    children[key] = count
                    node = count
                    count += 1
                }
            }
            ends.insert(node)
        }
    }

    /// A text, cut into parts: message contents that take part in the spelling of a control token are
    /// separated, as text. Everything else belongs to the template.
    func segments(of text: MarkedText) -> [(text: String, isTemplate: Bool)] {
        let runs = text.runs
        var bytes: [UInt8] = []
        /// The run of every byte.
        var places: [Int] = []
        for (index, run) in runs.enumerated() {
            bytes += run.text.utf8
            places += repeatElement(index, count: run.text.utf8.count)
        }
        var isRisky = [Bool](repeating: false, count: runs.count)
        for start in bytes.indices {
            var (node, end) = (0, start)
            while end < bytes.count, let child = children[UInt64(node) << 8 | UInt64(bytes[end])] {
                (node, end) = (child, end + 1)
                guard ends.contains(node) else { continue }
                for run in places[start]...places[end - 1] where runs[run].isGiven {
                    isRisky[run] = true
                }
            }
        }
        var segments: [(text: String, isTemplate: Bool)] = []
        for (index, run) in runs.enumerated() {
            if !isRisky[index], segments.last?.isTemplate == true {
                segments[segments.count - 1].text += run.text
            } else {
                segments.append((run.text, !isRisky[index]))
            }
        }
        return segments
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
