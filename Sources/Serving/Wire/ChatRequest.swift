import EmulatedFineTuning
import Grammars
import Recipes
import ToolCalls

/// A request for a reply to a chat, in whichever API's words it came.
protocol ChatRequest: ChatPrompt {
    var common: GenerationFields { get }
    var maxTokens: Int? { get }
    /// What the client calls it.
    var maxTokensField: String { get }
    /// What the reply's text must be; nil: anything.
    var form: ReplyForm? { get }
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int? { get }
}

extension ChatRequest {
    /// What the engine is asked for.
    ///
    /// - Throws: what cannot be kept; the fields of errors are named as in chat completions.
    func generationRequest(_ deployment: Deployment) throws -> GenerationRequest {
        var request = try prompt(for: deployment, members: common.members)
        try common.apply(to: &request, deployment)
        try deployment.limit(&request, to: maxTokens, field: maxTokensField)
        request.topLogProbabilities = topLogProbabilities ?? 0
        request.constraint = try constraint(deployment)
        if readsReply(deployment) { request.shownTokens = deployment.forms?.marks ?? [] }
        return request
    }

    /// Finds thoughts and calls in a reply.
    ///
    /// - Parameter request: the one that the reply is to.
    func parser(_ deployment: Deployment, _ request: GenerationRequest) -> ReplyParser {
        guard readsReply(deployment) else { return ReplyParser(format: nil) }
        // A reply that must call a tool has no room for thoughts.
        let thoughts = tools.isRequired ? nil : deployment.forms?.thoughts
        let vocabulary = deployment.engine.composite.vocabulary
        let end = request.prompt.suffix(16).flatMap { vocabulary.tokens[$0].bytes }
        return ReplyParser(
            format: tools.offered.isEmpty ? nil : deployment.forms?.tools, thoughts: thoughts,
            isThinking: thoughts?.areOpen(in: String(decoding: end, as: UTF8.self)) ?? false,
            tools: tools.offered.map(\.name))
    }

    /// Whether the model itself ended its turn: nothing that the request asked for cut it.
    func isEnd(_ reason: FinishReason) -> Bool {
        switch reason {
        case .endOfGeneration: true
        // A recipe's own stop string ends a turn, as a mark does.
        case .stopString(let stop): !common.stop.contains(stop)
        case .length, .scored: false
        }
    }

    /// Whether calls of tools, or thoughts, are looked for in the reply.
    private func readsReply(_ deployment: Deployment) -> Bool {
        // A reply of a form is that form from its first token on.
        form == nil && (!tools.offered.isEmpty || deployment.forms?.thoughts != nil)
    }

    private func constraint(_ deployment: Deployment) throws -> (any TokenConstraint)? {
        guard tools.isRequired else { return try deployment.constraint(form) }
        if let form {
            throw APIError.invalid(
                form.field,
                "A reply that must call a tool has no form of its own: `\(form.field)` and "
                    + "`tool_choice` exclude each other.")
        }
        do {
            return try deployment.forms?.constraint(
                calling: tools.offered, severalCalls: tools.allowsSeveralCalls)
        } catch {
            throw APIError.invalid("tools", "\(error)")
        }
    }
}

extension Deployment {
    /// Holds a reply to a form; nil: anything.
    func constraint(_ form: ReplyForm?) throws(APIError) -> (any TokenConstraint)? {
        guard let form else { return nil }
        guard let forms else {
            throw .invalid(
                form.field, "`\(name)` does not support replies of a form.",
                code: "unsupported_parameter")
        }
        return try forms.constraint(form.key, form.grammar)
    }
}
