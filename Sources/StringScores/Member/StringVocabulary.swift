public import EmulatedFineTuning

/// What a vocabulary needs for strings to be scored by a model of it: the order of its tokens' bytes, and
/// how its tokenizer writes text.
///
/// Made once for each vocabulary, shared by all members that have it, and used from any thread.
public final class StringVocabulary: Sendable {
    public let vocabulary: Vocabulary
    package let canonical: Canonical
    /// Tokens with text that the tokenizer never writes. They are in no sum.
    public let unreachable: Int

    /// - Parameter tokenizer: the vocabulary's own. May be called from several threads.
    /// - Complexity: O(n log n) in the tokens, and up to a few calls of the tokenizer for each.
    /// - Throws: ``StringScoreError/lossy`` for a tokenizer whose tokens do not spell the text.
    public init(
        _ vocabulary: Vocabulary, tokenizer: any Tokenizer
    ) throws(StringScoreError) {
        self.vocabulary = vocabulary
        let texts = vocabulary.tokens.map(\.text)
        let encode = Self.inTheMiddle(tokenizer, vocabulary)
        let reachable = Canonical.reachable(texts, encode: encode)
        unreachable = zip(texts, reachable).count { $0 != nil && $1 == nil }
        canonical = Canonical(texts: reachable, encode: encode)
        guard Self.samples.contains(where: { canonical.tokens(of: Array($0.utf8)[...]) != nil })
        else { throw .lossy }
    }

    /// Texts of which a tokenizer must spell one exactly.
    private static var samples: [String] { ["The year 1984,\n  it's Said.", "ab c"] }

    /// The tokens of a text in the middle of another one. Some tokenizers (Llama 2's) put a space before a
    /// text; for those the text follows a line break, whose tokens are taken away again.
    private static func inTheMiddle(
        _ tokenizer: any Tokenizer, _ vocabulary: Vocabulary
    ) -> @Sendable ([UInt8]) -> [TokenID] {
        let encode: @Sendable ([UInt8]) -> [TokenID] = { text in
            let text = String(decoding: text, as: UTF8.self)
            return (try? tokenizer.encode(text, start: false, control: false)) ?? []
        }
        let letter = encode([0x61]).flatMap { vocabulary.tokens[$0].bytes }
        guard letter != [0x61] else { return encode }
        let lead: [UInt8] = [0x0a]
        let leading = encode(lead)
        return { text in
            let tokens = encode(lead + text)
            return tokens.starts(with: leading) ? Array(tokens.dropFirst(leading.count)) : []
        }
    }
}

extension Vocabulary.Token {
    /// The bytes of a token that is a part of texts; nil for marks and free places.
    var text: [UInt8]? {
        switch kind {
        case .normal, .byte, .userDefined: bytes.isEmpty ? nil : bytes
        case .control, .unknown, .unused: nil
        }
    }
}

extension Vocabulary {
    /// The same places with texts alone: marks are free places. A model of another vocabulary lacks them.
    var textsAlone: Vocabulary {
        Vocabulary(
            type: type,
            tokens: tokens.map { $0.text == nil ? Token(bytes: [], kind: .unused) : $0 },
            preTokenizer: preTokenizer)
    }
}
