import ChatTemplates
import EmulatedFineTuning
import JSONValues

/// A request for a reply to a chat, in whichever API's words it came.
protocol ChatRequest {
    var common: GenerationFields { get }
    var messages: [ChatMessage] { get }
    /// Variables of the chat template.
    var variables: [JSON.Entry] { get }
    var maxTokens: Int? { get }
    /// What the client calls it.
    var maxTokensField: String { get }
    var format: ResponseFormat { get }
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int? { get }
}

extension ChatRequest {
    /// What the engine is asked for.
    ///
    /// - Throws: what cannot be kept; the fields of errors are named as in chat completions.
    func generationRequest(_ deployment: Deployment) throws -> GenerationRequest {
        var options = deployment.templateOptions
        try options.set(variables)
        var request = try deployment.request(for: messages, options: options)
        try common.apply(to: &request, deployment)
        try deployment.limit(&request, to: maxTokens, field: maxTokensField)
        request.topLogProbabilities = topLogProbabilities ?? 0
        if format == .json {
            guard let jsonObject = deployment.jsonObject else {
                throw APIError.invalid(
                    "response_format", "`\(deployment.name)` cannot be held to a grammar.",
                    code: "unsupported_parameter")
            }
            request.constraint = try jsonObject()
        }
        return request
    }
}
