public import JSONValues

/// A tool that a reply calls.
public struct ToolCall: Sendable, Equatable {
    public var name: String
    /// The arguments, as JSON text.
    public var arguments: String

    public init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}

/// A function that a model may call, as OpenAI's API describes it.
public struct Tool: Sendable, Equatable {
    public var name: String
    /// The JSON schema of its arguments; nil: none were said.
    public var parameters: JSON?

    public init(name: String, parameters: JSON? = nil) {
        self.name = name
        self.parameters = parameters
    }
}
