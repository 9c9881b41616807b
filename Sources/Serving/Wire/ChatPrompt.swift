import ChatTemplates
import EmulatedFineTuning
import JSONValues
import Recipes
import ToolCalls

/// A chat, and the tools that the reply to it may call, in whichever API's words they came.
protocol ChatPrompt {
    var messages: [ChatMessage] { get }
    /// Variables of the chat template.
    var variables: [JSON.Entry] { get }
    var tools: ToolFields { get }
}

extension ChatPrompt {
    /// A request for a reply, with the recipe's defaults.
    ///
    /// - Parameter members: what single members read instead.
    func prompt(
        for deployment: Deployment, members: MemberPromptFields? = nil
    ) throws -> GenerationRequest {
        var options = deployment.templateOptions
        try options.set(variables)
        var messages = messages
        if tools.isUsed(in: messages) {
            guard let format = deployment.forms?.tools else {
                throw APIError.invalid(
                    "tools",
                    "`\(deployment.name)` cannot call tools: its chat template has none, or calls them in a way "
                        + "that this server does not know. Leave `tools` out.",
                    code: "unsupported_parameter")
            }
            if !tools.offered.isEmpty { options.tools = tools.json }
            messages = messages.map { $0.withArguments(asText: format.takesText) }
        }
        return try deployment.request(
            for: messages, options: options, prompts: members?.chats(deployment) ?? [:])
    }
}

extension ChatMessage {
    /// The message with the arguments of its calls as the template takes them: JSON text, or values.
    ///
    /// Text that is no JSON stays as it is.
    func withArguments(asText: Bool) -> ChatMessage {
        var message = self
        message.fields = fields.map { entry in
            guard entry.key == "tool_calls", case .array(let calls) = entry.value else {
                return entry
            }
            return .init(
                key: entry.key, value: .array(calls.map { $0.withArguments(asText: asText) }))
        }
        return message
    }
}

extension JSON {
    /// A call with its arguments as JSON text, or as a value.
    fileprivate func withArguments(asText: Bool) -> JSON {
        guard case .object(let entries) = self else { return self }
        return .object(
            entries.map { entry in
                switch (entry.key, entry.value) {
                case ("function", let function):
                    .init(key: entry.key, value: function.withArguments(asText: asText))
                case ("arguments", .text(let text)) where !asText:
                    .init(
                        key: entry.key,
                        value: (try? JSONParser.parse(Array(text.utf8))) ?? entry.value)
                case ("arguments", .text): entry
                case ("arguments", let value) where asText:
                    .init(key: entry.key, value: .text(value.text))
                default: entry
                }
            })
    }
}
