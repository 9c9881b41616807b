/// The answer to a completion, and a piece of one that is streamed.
struct Completion: Encodable {
    struct Choice: Encodable {
        var index: Int
        var text: String
        @Nullable var logprobs: CompletionLogProbabilities?
        @Nullable var finishReason: String?
        var eft: EftChoice?
    }

    var id: String
    var object = "text_completion"
    var created: Int
    var model: String
    var systemFingerprint: String
    var choices: [Choice]
    var usage: Usage?
}
