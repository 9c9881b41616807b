import JSONValues

/// How an API describes a tool.
struct ToolWords {
    /// The type of tools that are read; it may be left out.
    var type: String
    /// The field with the function; nil: the tool is the function.
    var function: String?
    /// The field with the schema of the arguments.
    var parameters = "parameters"
    var requiresParameters = false
    /// Other fields that a tool may have.
    var unkept: [String: UnkeptField]

    static let chat = ToolWords(
        type: "function", function: "function",
        unkept: ["cache_control": .withoutEffect, "copilot_mcp_server_name": .withoutEffect])
    static let responses = ToolWords(type: "function", unkept: UnkeptField.responsesTool)
    static let messages = ToolWords(
        type: "custom", parameters: "input_schema", requiresParameters: true,
        unkept: UnkeptField.messagesTool)

    /// The fields of a tool's function.
    func function(
        _ tool: JSON, at place: String, of body: Fields
    ) throws(APIError) -> Fields {
        try tool.requireType([type], at: place, isOptional: true)
        let names = ["name", "description", parameters, "strict"]
        guard let function else {
            return try body.nested(tool, at: place, known: ["type"] + names, unkept: unkept)
        }
        let outer = try body.nested(tool, at: place, known: ["type", function], unkept: unkept)
        return try outer.nested(
            outer.required(function), at: outer.place(function), known: names,
            // Open WebUI's tool servers say it twice.
            unkept: ["type": .neutral([.text(type)])])
    }
}
