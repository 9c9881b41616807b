import JSONValues

extension ToolFields {
    static let messagesNames = ["tools", "tool_choice"]

    /// The fields of Anthropic's API.
    init(messages fields: Fields) throws(APIError) {
        try self.init(fields, .messages)
        guard let value = fields["tool_choice"] else { return }
        let type = try value.requireType(["auto", "any", "tool", "none"], at: "tool_choice")
        guard
            let choice = try fields.object(
                "tool_choice", known: ["type", "name", "disable_parallel_tool_use"])
        else { return }
        severalCalls = try !(choice.flag("disable_parallel_tool_use") ?? false)
        let name = try choice.text("name")
        let rule = "`auto`, `any`, `none` or a tool of `tools`"
        switch type {
        case "any": try choose(.required, rule: rule)
        case "tool": try choose(.named(name ?? ""), rule: rule)
        case "none": try choose(.none, rule: rule)
        default: break
        }
    }
}
