public import ChatTemplates

/// What one member reads in place of what the others read.
///
/// With prompts that differ, members of one model file can be subtracted from each other: what a system
/// message changes is amplified or taken back (guidance), or what a context changes (context-aware decoding).
public enum MemberPrompt: Sendable, Equatable {
    /// Another chat.
    case chat([ChatMessage])
    /// The same chat with this system message, in place of its own; empty: without one.
    case system(String)

    /// What the member reads.
    ///
    /// - Parameter messages: what the others read.
    func messages(_ messages: [ChatMessage]) -> [ChatMessage] {
        switch self {
        case .chat(let own): return own
        case .system(let text):
            let others = messages.filter { !["system", "developer"].contains($0.role) }
            return (text.isEmpty ? [] : [ChatMessage(role: "system", content: text)]) + others
        }
    }
}
