/// Text to tokens.
public protocol Tokenizer: Sendable {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: any UTF-8 text; may be empty.
    ///   - start: whether to add what the model expects at the start of a text (a BOS token, if any).
    ///   - control: whether the spelling of a control token (`<|im_end|>`) in the text becomes that
    ///     token. True for templates, and for raw prompts, whose author writes the marks; false for
    ///     the messages of a chat, which must not end their own turn.
    func encode(_ text: String, start: Bool, control: Bool) throws -> [TokenID]
}
