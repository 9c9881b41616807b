import ChatTemplates
import EmulatedFineTuning
import JSONValues
import LlamaBackend

/// The body of `POST /tokenize`, as in vLLM.
struct TokenizeRequest {
    enum Content {
        case text(String, RawTextFields)
        /// A chat, and whether the model's start token stands before what the template writes.
        case chat([ChatMessage], TemplateFields, addsStart: Bool)
    }

    var model: String?
    var content: Content
    /// Whether the tokens' texts are wanted, too.
    var returnsTexts: Bool

    /// - Parameter strict: whether fields that have no effect are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: RawTextFields.names + TemplateFields.names + [
                "model", "prompt", "messages", "return_token_strs",
            ],
            unkept: UnkeptField.tokenize, strict: strict)
        model = try fields.text("model")
        returnsTexts = try fields.flag("return_token_strs") ?? false
        // A text has no use for these; they must be right all the same.
        let template = try TemplateFields(fields)
        switch (try fields.text("prompt"), fields["messages"]) {
        case (let text?, nil): content = .text(text, try RawTextFields(fields))
        case (nil, _?):
            if fields["parse_special"] != nil {
                throw .invalid(
                    "parse_special",
                    "`parse_special` needs `prompt`: marks in messages are always plain text.")
            }
            content = .chat(
                try MessageFields.messages(fields), template,
                addsStart: try fields.flag("add_special_tokens") ?? false)
        default: throw .invalid("prompt", "Give either `prompt` or `messages`.")
        }
    }
}

/// The answer to a ``TokenizeRequest``.
struct TokenizeResponse: Encodable {
    var count: Int
    var maxModelLen: Int
    var tokens: [TokenID]
    var tokenStrs: [String]?
}

/// The body of `POST /detokenize`, as in vLLM.
struct DetokenizeRequest {
    var model: String?
    var tokens: [TokenID]

    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(body, known: ["model", "tokens"], strict: strict)
        model = try fields.text("model")
        _ = try fields.required("tokens")
        tokens = try fields.array("tokens")?.tokens(at: "tokens") ?? []
    }
}

/// The answer to `GET /tokenizer_info`.
struct TokenizerInfo: Encodable {
    var tokenizerClass = "gguf"
    @Nullable var bosToken: String?
    @Nullable var eosToken: String?
    @Nullable var chatTemplate: String?
    var modelMaxLength: Int
}

/// The answer to a ``DetokenizeRequest``.
struct DetokenizeResponse: Encodable {
    var prompt: String
}
