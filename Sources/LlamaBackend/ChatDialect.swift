/// How a family of models writes a chat: what its Jinja template does with roles and contents, as data.
///
/// Every dialect is proven: over the chats of Tests/Fixtures/templates it writes, byte for byte, what
/// Jinja makes of the families' own templates. What a template refuses or drops is refused here too.
/// Tools are not written.
public struct ChatDialect: Sendable, Equatable {
    /// The name to use in a recipe.
    public var name: String
    var user: Turn
    var assistant: Turn
    var system: System = .refused
    /// The system message of chats that have none; nil: none.
    var defaultSystem: String?
    /// What the text of the system message begins with; ``today`` in it stands for the day's date.
    var systemLead = ""
    /// Whether a system message without text is left out.
    var dropsEmptySystem = false
    /// Whether contents lose the white space around them.
    var trims: Set<Role> = []
    /// Whether user and assistant must take turns, the user first.
    var alternates = false
    /// Between turns.
    var separator = ""
    /// Before every turn of the user but the first.
    var beginning = ""
    /// Where the assistant's reply begins.
    var reply = ""
    /// Whether that stands also where no reply is asked for.
    var alwaysReplies = false
    /// What stands there instead.
    var end = ""
    /// Whether earlier replies lose what stands before `</think>`.
    var dropsThoughts = false

    enum Role: String, Sendable, CaseIterable {
        case system, user, assistant
    }

    /// What stands around a message.
    struct Turn: Sendable, Equatable {
        var before: String
        var after: String

        init(_ before: String, _ after: String) { (self.before, self.after) = (before, after) }
    }

    enum System: Sendable, Equatable {
        /// The family knows no system messages.
        case refused
        /// A turn of its own.
        case turn(Turn)
        /// Inside the first turn of the user.
        case first(Turn)
        /// Before the text of the first turn of the user, which loses its white space by itself.
        case before(Turn)
        /// Inside the last message, where that is the user's.
        case last(Turn)
    }

    /// The text of a chat, without the BOS token that the tokenizer adds.
    ///
    /// - Throws: ``LlamaError/invalidMessage(index:reason:)`` for what the family's template refuses.
    func render(
        _ messages: [ChatMessage], addingReply: Bool
    ) throws(LlamaError) -> String {
        var turns = messages
        var inner = ""
        if turns.first?.role == Role.system.rawValue {
            switch system {
            case .refused:
                throw .invalidMessage(
                    index: 0,
                    reason: "the template `\(name)` has no system messages. Put its text into the "
                        + "first question")
            case .turn: break
            case .first(let turn), .before(let turn), .last(let turn):
                inner = turn.before + turns.removeFirst().content + turn.after
            }
        } else if let defaultSystem {
            turns.insert(ChatMessage(role: Role.system.rawValue, content: defaultSystem), at: 0)
        }
        if dropsThoughts, !addingReply {
            throw .invalidMessage(
                index: messages.count - 1,
                reason: "the template `\(name)` writes a chat only where a reply follows")
        }
        // Messages as they were given, for errors.
        let shift = messages.count - turns.count
        var text = ""
        var spoken = 0
        for (index, message) in turns.enumerated() {
            guard let role = Role(rawValue: message.role), let turn = turn(of: role) else {
                throw .invalidMessage(
                    index: index + shift,
                    reason: "the template `\(name)` has no role `\(message.role)`")
            }
            if alternates {
                let expected: Role = spoken % 2 == 0 ? .user : .assistant
                guard role == expected || role == .system && index == 0 else {
                    throw .invalidMessage(
                        index: index + shift,
                        reason: "the template `\(name)` wants user and assistant to take turns, "
                            + "the user first, after at most one system message")
                }
                if role != .system { spoken += 1 }
            }
            var content = contents(message, role)
            let lead = role == .user && holdsSystem(index, of: turns.count) ? inner : ""
            if case .before = system {
                content = lead + (trims.contains(role) ? content.trimmedAsPython : content)
            } else {
                content = lead + content
                if trims.contains(role) { content = content.trimmedAsPython }
            }
            if role == .system, index == 0 {
                if dropsEmptySystem, content.isEmpty { continue }
                content = systemLead.replacing(Self.today, with: currentDate()) + content
            }
            if !text.isEmpty { text += separator + (role == .user ? beginning : "") }
            text += turn.before + content + turn.after
        }
        return text + (addingReply || alwaysReplies ? reply : end)
    }

    /// Stands for the day's date.
    static let today = "{today}"

    /// A message's text, without thoughts.
    private func contents(_ message: ChatMessage, _ role: Role) -> String {
        guard dropsThoughts, role == .assistant, let rest = message.content.afterThoughts else {
            return message.content
        }
        return String(decoding: rest.utf8.drop { $0 == 0x0a }, as: UTF8.self)
    }

    private func turn(of role: Role) -> Turn? {
        switch role {
        case .user: user
        case .assistant: assistant
        case .system: if case .turn(let turn) = system { turn } else { nil }
        }
    }

    /// Whether the system message stands inside a turn of the user's.
    private func holdsSystem(_ index: Int, of count: Int) -> Bool {
        switch system {
        case .refused, .turn: false
        case .first, .before: index == 0
        case .last: index == count - 1
        }
    }
}

extension String {
    /// What follows the last `</think>`; nil where there is none.
    var afterThoughts: String? {
        // Bytes: a mark on `>` would make another character of it, and Jinja sees none.
        let bytes = Array(utf8)
        return bytes.ranges(of: Array("</think>".utf8)).last.map {
            String(decoding: bytes[$0.upperBound...], as: UTF8.self)
        }
    }

    /// Without what Python calls white space at both ends, as Jinja trims.
    var trimmedAsPython: String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
        }
        let scalars = unicodeScalars.drop(while: isSpace)
        guard let last = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(scalars[...last])
    }
}
