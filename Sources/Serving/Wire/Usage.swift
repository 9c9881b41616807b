import EmulatedFineTuning

/// The tokens that a request took.
struct Usage: Encodable, Equatable {
    struct PromptDetails: Encodable, Equatable {
        var cachedTokens: Int
    }

    var promptTokens: Int
    var completionTokens: Int
    var totalTokens: Int
    /// Prompt tokens that no member had to compute.
    var promptTokensDetails: PromptDetails

    init(prompt: Int, completion: Int, cached: Int) {
        promptTokens = prompt
        completionTokens = completion
        totalTokens = prompt + completion
        promptTokensDetails = PromptDetails(cachedTokens: cached)
    }
}

extension FinishReason {
    /// OpenAI's word.
    var name: String {
        switch self {
        case .endOfGeneration, .stopString: "stop"
        case .length, .scored: "length"
        }
    }
}
