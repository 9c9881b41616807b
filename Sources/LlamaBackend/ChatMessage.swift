/// One message of a chat.
public struct ChatMessage: Sendable, Equatable, Hashable, Codable {
    /// Who speaks: `system`, `user` or `assistant`; some templates know more.
    public var role: String
    public var content: String

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}
