import ChatTemplates
import EmulatedFineTuning
import Grammars
import JSONValues
import Recipes
import ToolCalls

/// A request for a reply to a chat, in whichever API's words it came.
protocol ChatRequest {
    var common: GenerationFields { get }
    var messages: [ChatMessage] { get }
    /// Variables of the chat template.
    var variables: [JSON.Entry] { get }
    var maxTokens: Int? { get }
    /// What the client calls it.
    var maxTokensField: String { get }
    /// What the reply's text must be; nil: anything.
    var form: ReplyForm? { get }
    var tools: ToolFields { get }
    /// Whether thoughts are told apart from what is said.
    var separatesThoughts: Bool { get }
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int? { get }
}

extension ChatRequest {
    /// What the engine is asked for.
    ///
    /// - Throws: what cannot be kept; the fields of errors are named as in chat completions.
    func generationRequest(_ deployment: Deployment) throws -> GenerationRequest {
        let forms = deployment.forms
        var options = deployment.templateOptions
        try options.set(variables)
        var messages = messages
        if tools.isUsed(in: messages) {
            guard let format = forms?.tools else {
                throw APIError.invalid(
                    "tools",
                    "`\(deployment.name)` cannot call tools: its chat template has none, or calls them in a way "
                        + "that this server does not know. Leave `tools` out.",
                    code: "unsupported_parameter")
            }
            if !tools.offered.isEmpty { options.tools = tools.json }
            if format.takesText { messages = messages.map(\.withTextArguments) }
        }
        var request = try deployment.request(for: messages, options: options)
        try common.apply(to: &request, deployment)
        try deployment.limit(&request, to: maxTokens, field: maxTokensField)
        request.topLogProbabilities = topLogProbabilities ?? 0
        request.constraint = try constraint(forms, deployment)
        if readsReply(deployment) { request.shownTokens = forms?.marks ?? [] }
        return request
    }

    /// Whether calls of tools, or thoughts, are looked for in the reply.
    func readsReply(_ deployment: Deployment) -> Bool {
        // A reply of a form is that form from its first token on.
        form == nil
            && (!tools.offered.isEmpty
                || (separatesThoughts && deployment.forms?.thoughts != nil))
    }

    private func constraint(
        _ forms: ReplyForms?, _ deployment: Deployment
    ) throws -> (any TokenConstraint)? {
        if tools.isRequired {
            if let form {
                throw APIError.invalid(
                    form.field,
                    "A reply that must call a tool has no form of its own: `\(form.field)` and "
                        + "`tool_choice` exclude each other.")
            }
            do {
                return try forms?.constraint(
                    calling: tools.offered, severalCalls: tools.severalCalls)
            } catch {
                throw APIError.invalid("tools", "\(error)")
            }
        }
        return try deployment.constraint(form)
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

extension ChatMessage {
    /// The message with the arguments of its calls as JSON text.
    fileprivate var withTextArguments: ChatMessage {
        var message = self
        message.fields = fields.map { entry in
            guard entry.key == "tool_calls", case .array(let calls) = entry.value else {
                return entry
            }
            return .init(key: entry.key, value: .array(calls.map(\.withTextArguments)))
        }
        return message
    }
}

extension JSON {
    /// A call with its arguments as JSON text.
    fileprivate var withTextArguments: JSON {
        guard case .object(let entries) = self else { return self }
        return .object(
            entries.map { entry in
                switch (entry.key, entry.value) {
                case ("function", let function):
                    .init(key: entry.key, value: function.withTextArguments)
                case ("arguments", .text): entry
                case ("arguments", let value): .init(key: entry.key, value: .text(value.text))
                default: entry
                }
            })
    }
}
