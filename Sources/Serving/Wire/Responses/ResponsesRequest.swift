import ChatTemplates
import EmulatedFineTuning
import JSONValues

/// The body of `POST /v1/responses`.
struct ResponsesRequest: ChatRequest {
    var common: GenerationFields
    var messages: [ChatMessage]
    var variables: [JSON.Entry]
    var maxTokens: Int?
    var maxTokensField: String { "max_output_tokens" }
    var form: ReplyForm?
    var tools: ToolFields
    var topLogProbabilities: Int? { nil }
    /// Repeated in the answer.
    var instructions: String?
    var metadata: [String: String]
    /// Repeated in the answer: `tools` and `tool_choice` as they were sent.
    var sentTools: [JSON]
    var sentToolChoice: JSON

    /// Those of a chat completion, but for choices: there is one.
    private static let generationNames = GenerationFields.names.filter { $0 != "n" }

    /// - Parameter strict: whether fields that are not kept are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: Self.generationNames + ToolFields.names + [
                "input", "instructions", "max_output_tokens", "metadata", "previous_response_id",
                "reasoning", "store", "text", "chat_template_kwargs",
            ], unkept: UnkeptField.responses, strict: strict)
        guard fields["previous_response_id"] == nil else {
            throw .invalid(
                "previous_response_id",
                "This server keeps no responses, so `previous_response_id` names none. Leave it out, and "
                    + "send the earlier messages again in `input`.", code: "unsupported_parameter")
        }
        common = try GenerationFields(fields, streamOptions: ["include_obfuscation"])
        instructions = try fields.text("instructions")
        var history = ChatHistory(joinsTurns: false)
        if let instructions { history.say(instructions, as: "system") }
        try ResponsesInput.read(fields, into: &history)
        messages = history.messages()
        tools = try ToolFields(openAI: fields, .responses)
        sentTools = try fields.array("tools") ?? []
        sentToolChoice = fields["tool_choice"] ?? .text("auto")
        variables = try fields.entries("chat_template_kwargs")
        maxTokens = try fields.integer("max_output_tokens", in: 1...GenerationFields.tokensLimit)
        metadata = try Self.metadata(fields)
        // True is what clients get who leave it out; the answer says that nothing is stored.
        if try fields.flag("store") == true, strict {
            throw .invalid(
                "store", "This server stores no responses: `store` must be false.",
                code: "unsupported_parameter")
        }
        _ = try fields.object("reasoning", known: [], unkept: UnkeptField.reasoning)
        let text = try fields.object("text", known: ["format"], unkept: UnkeptField.textOptions)
        if let text { form = try ReplyForm.format(ofText: text) }
    }

    private static func metadata(_ fields: Fields) throws(APIError) -> [String: String] {
        var metadata: [String: String] = [:]
        for entry in try fields.entries("metadata") {
            guard case .text(let text) = entry.value else {
                throw fields.wrong("metadata.\(entry.key.prefix(100))", "a string", entry.value)
            }
            metadata[entry.key] = text
        }
        return metadata
    }
}
