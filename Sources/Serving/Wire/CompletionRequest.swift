import EmulatedFineTuning
import JSONValues

/// The body of `POST /v1/completions`.
struct CompletionRequest {
    /// One prompt of a request.
    enum Prompt: Equatable {
        case text(String)
        case tokens([TokenID])
    }

    static let promptsLimit = 256
    static let reportedLimit = 128

    var common: GenerationFields
    var prompts: [Prompt]
    /// How prompts that are texts become tokens.
    var rawText: RawTextFields
    /// What the reply's text must be; nil: anything.
    var form: ReplyForm?
    /// Whether the reply begins with the prompt, and its log-probabilities.
    var echo: Bool
    /// 0, with `echo`, scores the prompt only; nil: the recipe's default, or 16 as in OpenAI's API.
    var maxTokens: Int?
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int?
    /// Tokens whose log-probabilities to report at every position, in addition to the likeliest.
    var reportedTokens: [TokenID]
    /// Whether tokens are called `token_id:5` in log-probabilities: texts need not be unique.
    var namesTokensByID: Bool

    /// - Parameter strict: whether fields that have no effect are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: GenerationFields.names + RawTextFields.names + ReplyForm.names + [
                "prompt", "max_tokens", "logprobs", "echo", "logprob_token_ids",
                "return_tokens_as_token_ids",
            ],
            unkept: UnkeptField.completion, strict: strict)
        common = try GenerationFields(fields)
        prompts = try Self.prompts(fields)
        rawText = try RawTextFields(fields)
        form = try ReplyForm.read(fields)
        echo = try fields.flag("echo") ?? false
        maxTokens = try fields.integer(
            "max_tokens", in: (echo ? 0 : 1)...GenerationFields.tokensLimit)
        topLogProbabilities = try fields.integer("logprobs", in: 0...20)
        namesTokensByID = try fields.flag("return_tokens_as_token_ids") ?? false
        reportedTokens =
            try fields.array("logprob_token_ids")?.tokens(at: "logprob_token_ids") ?? []
        guard reportedTokens.count <= Self.reportedLimit else {
            throw .invalid(
                "logprob_token_ids",
                "`logprob_token_ids` can have at most \(Self.reportedLimit) tokens: this one has "
                    + "\(reportedTokens.count). Send several requests.")
        }
        // A list of tokens asks for log-probabilities by itself, as in vLLM.
        if topLogProbabilities == nil, !reportedTokens.isEmpty { topLogProbabilities = 0 }
    }

    /// A text, token ids, or an array of either.
    private static func prompts(_ fields: Fields) throws(APIError) -> [Prompt] {
        let value = try fields.required("prompt")
        if case .text(let text) = value { return [.text(text)] }
        guard case .array(let values) = value, let first = values.first else {
            throw fields.wrong(
                "prompt", "a string, an array of token ids, or an array of one or more of these",
                value)
        }
        if case .integer = first { return [.tokens(try values.tokens(at: "prompt"))] }
        guard values.count <= promptsLimit else {
            throw .invalid(
                "prompt",
                "A request can have at most \(promptsLimit) prompts: this one has "
                    + "\(values.count). Send several requests.")
        }
        var prompts: [Prompt] = []
        for (index, value) in values.enumerated() {
            switch value {
            case .text(let text): prompts.append(.text(text))
            case .array(let tokens):
                prompts.append(.tokens(try tokens.tokens(at: "prompt[\(index)]")))
            default: throw fields.wrong("prompt[\(index)]", "a string or token ids", value)
            }
        }
        return prompts
    }
}
