import JSONValues

extension ToolFields {
    static let names = ["tools", "tool_choice", "parallel_tool_calls"]

    /// The fields of chat completions and of responses, whose words for a function differ.
    init(openAI fields: Fields, _ words: ToolWords) throws(APIError) {
        try self.init(fields, words)
        severalCalls = try fields.flag("parallel_tool_calls") ?? true
        guard let value = fields["tool_choice"] else { return }
        let rule = "`auto`, `none`, `required` or a function of `tools`"
        switch value {
        case .text("auto"): break
        case .text("none"): try choose(.none, rule: rule)
        case .text("required"), .text("any"): try choose(.required, rule: rule)
        case .object:
            try choose(.named(Self.name(fields, value, words) ?? ""), rule: rule)
        case .text(let other):
            throw .invalid(
                "tool_choice", "`tool_choice` must be \(rule): received `\(other.prefix(100))`.")
        default: throw fields.wrong("tool_choice", rule, value)
        }
    }

    /// The name of the function that `tool_choice` is.
    private static func name(
        _ fields: Fields, _ choice: JSON, _ words: ToolWords
    ) throws(APIError) -> String? {
        try choice.requireType([words.type], at: "tool_choice")
        let outer = try fields.object("tool_choice", known: ["type", words.function ?? "name"])
        guard let function = words.function else { return try outer?.text("name") }
        return try outer?.object(function, known: ["name"])?.text("name")
    }
}
