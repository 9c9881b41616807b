import ChatTemplates
import JSONValues
import ToolCalls

/// The tools that a request offers to the model.
struct ToolFields {
    static let names = ["tools", "tool_choice", "parallel_tool_calls"]

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
    /// The tools as they were sent: what the chat template is told.
    private(set) var json: [JSON] = []
    private(set) var choice = Choice.auto
    private(set) var severalCalls = true

    /// No tools.
    init() {}

    init(_ fields: Fields) throws(APIError) {
        for (index, value) in (try fields.array("tools") ?? []).enumerated() {
            guard index < Self.mostTools else {
                throw .invalid("tools", "`tools` must be at most \(Self.mostTools) tools.")
            }
            let tool = try Self.tool(value, at: "tools[\(index)]", of: fields)
            guard !tools.contains(where: { $0.name == tool.name }) else {
                throw .invalid("tools", "Tools need distinct names: `\(tool.name)` is given twice.")
            }
            tools.append(tool)
            json.append(value)
        }
        choice = try choice(fields)
        severalCalls = try fields.flag("parallel_tool_calls") ?? true
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

    /// Whether the reply must call one.
    var isRequired: Bool {
        switch choice {
        case .required, .named: true
        case .auto, .none: false
        }
    }

    private static func tool(
        _ value: JSON, at place: String, of body: Fields
    ) throws(APIError) -> Tool {
        let fields = try body.nested(
            value, at: place, known: ["type", "function"],
            unkept: ["cache_control": .withoutEffect])
        guard try fields.text("type") ?? "function" == "function" else {
            throw .invalid(
                fields.place("type"), "Only tools of type `function` are supported.",
                code: "unsupported_parameter")
        }
        _ = try fields.required("function")
        guard
            let function = try fields.object(
                "function", known: ["name", "description", "parameters", "strict"])
        else { throw .invalid(place, "`\(place)` needs a `function`.") }
        _ = try function.required("name")
        let name = try function.text("name") ?? ""
        guard (1...longestName).contains(name.utf8.count),
            name.utf8.allSatisfy({ isNameByte($0) })
        else {
            throw .invalid(
                function.place("name"),
                "`\(function.place("name"))` must be 1 to \(longestName) letters, digits, `_`, `-` "
                    + "or `.`: received `\(name.prefix(100))`.")
        }
        _ = try function.text("description")
        _ = try function.flag("strict")
        if let parameters = function["parameters"] {
            guard case .object = parameters else {
                throw function.wrong("parameters", "an object", parameters)
            }
        }
        return Tool(name: name, parameters: function["parameters"])
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

    private func choice(_ fields: Fields) throws(APIError) -> Choice {
        guard let value = fields["tool_choice"] else { return .auto }
        let rule = "`auto`, `none`, `required` or a function of `tools`"
        switch value {
        case .text("auto"): return .auto
        case .text("none"): return .none
        case .text("required"), .text("any"):
            guard !tools.isEmpty else { break }
            return .required
        case .object:
            let named = try fields.object("tool_choice", known: ["type", "function"])
            let function = try named?.object("function", known: ["name"])
            guard try named?.text("type") == "function", let name = try function?.text("name"),
                tools.contains(where: { $0.name == name })
            else { break }
            return .named(name)
        default: throw fields.wrong("tool_choice", rule, value)
        }
        throw .invalid("tool_choice", "`tool_choice` must be \(rule): it names none of them.")
    }
}
