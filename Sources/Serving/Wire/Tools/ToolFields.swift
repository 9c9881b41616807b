import ChatTemplates
import JSONValues
import ToolCalls

/// The tools that a request offers to the model, in whichever API's words it came.
struct ToolFields {
    /// Tools at most, and bytes of a name at most, as OpenAI has it.
    private static let mostTools = 128
    private static let longestName = 64

    /// What the reply may do with the tools.
    enum Choice: Equatable {
        /// It calls them or not.
        case auto
        case none
        /// It calls at least one.
        case required
        /// It calls this one.
        case named(String)
    }

    private(set) var tools: [Tool] = []
    /// The tools as chat templates are told of them.
    private(set) var json: [JSON] = []
    private(set) var choice = Choice.auto
    var severalCalls = true

    /// No tools.
    init() {}

    /// Reads `tools`.
    init(_ fields: Fields, _ words: ToolWords) throws(APIError) {
        for (index, value) in (try fields.array("tools") ?? []).enumerated() {
            guard index < Self.mostTools else {
                throw .invalid("tools", "`tools` must be at most \(Self.mostTools) tools.")
            }
            try add(words.function(value, at: "tools[\(index)]", of: fields), words)
        }
    }

    /// The tools that the reply may call.
    var offered: [Tool] {
        switch choice {
        case .none: []
        case .auto, .required: tools
        case .named(let name): tools.filter { $0.name == name }
        }
    }

    /// Whether tools are offered, or were called before.
    func isUsed(in messages: [ChatMessage]) -> Bool {
        !offered.isEmpty
            || messages.contains { message in
                message.role == "tool" || message.fields.contains { $0.key == "tool_calls" }
            }
    }

    /// Whether the reply may call more than once. One tool by its name is one call, as OpenAI and vLLM have
    /// it.
    var allowsSeveralCalls: Bool {
        if case .named = choice { false } else { severalCalls }
    }

    /// Whether the reply must call one.
    var isRequired: Bool {
        switch choice {
        case .required, .named: true
        case .auto, .none: false
        }
    }

    /// - Parameter rule: what `tool_choice` can be.
    /// - Throws: when there is no such tool.
    mutating func choose(_ choice: Choice, rule: String) throws(APIError) {
        self.choice = choice
        guard !isRequired || !offered.isEmpty else {
            throw .invalid("tool_choice", "`tool_choice` must be \(rule): it names none of them.")
        }
    }

    private mutating func add(_ function: Fields, _ words: ToolWords) throws(APIError) {
        let name = try function.requiredText("name")
        guard (1...Self.longestName).contains(name.utf8.count),
            name.utf8.allSatisfy({ Self.isNameByte($0) })
        else {
            throw .invalid(
                function.place("name"),
                "`\(function.place("name"))` must be 1 to \(Self.longestName) letters, digits, `_`, `-` "
                    + "or `.`: received `\(name.prefix(100))`.")
        }
        guard !tools.contains(where: { $0.name == name }) else {
            throw .invalid("tools", "Tools need distinct names: `\(name)` is given twice.")
        }
        _ = try function.flag("strict")
        let parameters =
            words.requiresParameters
            ? try function.required(words.parameters) : function[words.parameters]
        if let parameters {
            guard case .object = parameters else {
                throw function.wrong(words.parameters, "an object", parameters)
            }
        }
        tools.append(Tool(name: name, parameters: parameters))
        json.append(
            .tool(name, description: try function.text("description"), parameters: parameters))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
