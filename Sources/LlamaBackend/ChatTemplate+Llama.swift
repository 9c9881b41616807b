import CLlama
public import ChatTemplates
import EmulatedFineTuning

extension ChatTemplate {
    /// The template that a model carries.
    ///
    /// - Throws: ``LlamaError/noChatTemplate(model:)``, `TemplateError`.
    public init(of weights: LlamaWeights) throws {
        guard let text = weights.chatTemplateText else {
            throw LlamaError.noChatTemplate(model: weights.path)
        }
        try self.init(jinja: text, marks: weights.templateMarks)
    }
}

extension LlamaWeights {
    /// Spellings of the model's special tokens, by the names that templates have for them.
    public var templateMarks: [String: String] {
        guard let vocabulary = llama_model_get_vocab(pointer) else { return [:] }
        let tokens = [
            "bos_token": llama_vocab_bos(vocabulary), "eos_token": llama_vocab_eos(vocabulary),
            "pad_token": llama_vocab_pad(vocabulary), "sep_token": llama_vocab_sep(vocabulary),
        ]
        return tokens.compactMapValues { token in
            self.vocabulary.tokens.indices.contains(Int(token))
                ? String(decoding: self.vocabulary.tokens[Int(token)].bytes, as: UTF8.self) : nil
        }
    }
}
