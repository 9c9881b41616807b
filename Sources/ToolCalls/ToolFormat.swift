/// How a model writes a call of a tool into its reply, as its chat template shows it.
///
/// ```
/// <tool_call>\n{"name": "NAME", "arguments": {…}}\n</tool_call>      opening, object, closing
/// {"name": "NAME", "parameters": {…}}                                object alone
/// [TOOL_CALLS][{"name": "NAME", "arguments": {…}}]                   opening, list of objects
/// [TOOL_CALLS]NAME[ARGS]{…}                                          opening, name, separator
/// ```
public struct ToolFormat: Sendable, Equatable, Hashable {
    /// What comes before a call, without white space around it; empty where the reply begins with the call.
    public var opening: String
    /// What comes after a call, without white space around it; may be empty.
    public var closing: String
    public var body: Body
    /// Whether the template takes the arguments of earlier calls as JSON text, and not as an object.
    public var takesText: Bool

    public enum Body: Sendable, Equatable, Hashable {
        /// An object with the name and the arguments under these keys; or a list of such objects.
        case object(nameKey: String, argumentsKey: String, isList: Bool)
        /// The name, a separator, and the arguments as JSON.
        case named(separator: String)
    }

    public init(opening: String, closing: String, body: Body, takesText: Bool = false) {
        self.opening = opening
        self.closing = closing
        self.body = body
        self.takesText = takesText
    }
}
