import CLlama
public import EmulatedFineTuning

/// The tokenizer that a model file carries.
///
/// May be used from any thread, also while the model computes.
public struct LlamaTokenizer: Tokenizer {
    private let weights: LlamaWeights

    init(weights: LlamaWeights) {
        self.weights = weights
    }

    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: any text, NUL included.
    ///   - start: whether to add a BOS token, if the model wants one. An EOS token is never added:
    ///     the text is to be continued.
    ///   - control: whether the spelling of a control token becomes that token.
    /// - Throws: ``LlamaError/textTooLong(bytes:)``.
    /// - Complexity: O(n log n) in the text's length.
    public func encode(
        _ text: String, start: Bool, control: Bool
    ) throws(LlamaError) -> [TokenID] {
        guard let vocabulary = llama_model_get_vocab(weights.pointer) else { return [] }
        var text = text
        let tokens = text.withUTF8 { utf8 -> [llama_token]? in
            Self.tokens(of: utf8, in: vocabulary, start: start, control: control)
        }
        guard var tokens else { throw .textTooLong(bytes: text.utf8.count) }
        if start, llama_vocab_get_add_eos(vocabulary), tokens.last == llama_vocab_eos(vocabulary) {
            tokens.removeLast()
        }
        return tokens.map(Int.init)
    }

    /// The tokens; nil when there are more, or more bytes, than libllama can count.
    private static func tokens(
        of utf8: UnsafeBufferPointer<UInt8>, in vocabulary: OpaquePointer, start: Bool,
        control: Bool
    ) -> [llama_token]? {
        guard let length = Int32(exactly: utf8.count) else { return nil }
        let bytes = UnsafeRawBufferPointer(utf8).assumingMemoryBound(to: CChar.self)
        // An empty text has no address, and libllama makes a C++ string from it all the same.
        var empty: CChar = 0
        return withUnsafePointer(to: &empty) { empty in
            func fill(_ tokens: inout [llama_token]) -> Int32 {
                llama_tokenize(
                    vocabulary, bytes.baseAddress ?? empty, length, &tokens, Int32(tokens.count),
                    start, control)
            }
            // A token is rarely shorter than a byte; when one is, the first call says the number.
            var tokens = [llama_token](repeating: 0, count: min(utf8.count + 8, 1 << 20))
            var count = fill(&tokens)
            if count < 0, count > Int32.min {
                tokens = [llama_token](repeating: 0, count: Int(-count))
                count = fill(&tokens)
            }
            return count < 0 ? nil : Array(tokens.prefix(Int(count)))
        }
    }
}
