import ChatTemplates
import EmulatedFineTuning
import LlamaBackend

/// How a member of another vocabulary reads prompts: in tokens of its own, each written ~t
/// (`LanguageModel.ownVocabulary`).
struct ForeignPrompts: Tokenizer {
    let model: LlamaModel
    private let spellings: ControlSpellings

    init(_ model: LlamaModel) {
        self.model = model
        spellings = ControlSpellings(of: model.vocabulary)
    }

    func encode(
        _ messages: [ChatMessage], _ template: ChatTemplate, _ addingReply: Bool,
        _ options: TemplateOptions
    ) throws -> [TokenID] {
        try template.encode(
            messages, addingReply: addingReply, options: options, with: model.tokenizer,
            vocabulary: model.vocabulary, spellings: spellings
        ).map { ~$0 }
    }

    func encode(_ text: String, start: Bool, control: Bool) throws -> [TokenID] {
        try model.tokenizer.encode(text, start: start, control: control).map { ~$0 }
    }
}

extension LlamaWeights {
    /// The form of prompts for a member that reads its own: its chat template, or a transcript.
    var usualForm: PromptForm { chatTemplateText == nil ? .plain : .own }
}
