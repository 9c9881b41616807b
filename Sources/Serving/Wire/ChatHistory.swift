import ChatTemplates
import JSONValues

/// Makes a chat of the items, or the blocks, of an API whose calls and thoughts are no parts of messages.
struct ChatHistory {
    /// Whether what one side says in several messages is one turn: templates want the sides to take turns.
    private let joinsTurns: Bool
    private var done: [ChatMessage] = []
    /// Calls of the last message.
    private var calls: [JSON] = []
    /// Ids of all calls.
    private var ids: Set<String> = []

    init(joinsTurns: Bool) { self.joinsTurns = joinsTurns }

    var lastRole: String? { done.last?.role }

    /// The chat, when all of it has been read.
    mutating func messages() -> [ChatMessage] {
        endMessage()
        return done
    }

    mutating func say(_ text: String, as role: String) {
        guard let last = done.indices.last, done[last].role == role, joinsTurns || isBegun else {
            return add(ChatMessage(role: role, content: text))
        }
        done[last].content += done[last].content.isEmpty ? text : "\n" + text
    }

    /// What the assistant thought before it said something or called a tool.
    mutating func think(_ text: String) {
        guard !text.isEmpty else { return }
        let last = assistant()
        let key = "reasoning_content"
        if let place = done[last].fields.firstIndex(where: { $0.key == key }),
            case .text(let before) = done[last].fields[place].value
        {
            done[last].fields[place].value = .text(before + "\n" + text)
        } else {
            done[last].fields.append(.init(key: key, value: .text(text)))
        }
    }

    mutating func call(_ name: String, _ arguments: JSON, id: String) {
        _ = assistant()
        calls.append(.call(name, arguments, id: id))
        ids.insert(id)
    }

    /// What a tool returned.
    ///
    /// - Parameter place: where the id stands.
    /// - Throws: when there was no such call.
    mutating func answer(_ text: String, to id: String, at place: String) throws(APIError) {
        guard ids.contains(id) else {
            throw .invalid(
                place,
                "`\(place)` must be the id of an earlier call of a tool: there is none with the id "
                    + "`\(id.prefix(100))`. Send the call before what it returned.")
        }
        add(
            ChatMessage(
                role: "tool", content: text,
                fields: [.init(key: "tool_call_id", value: .text(id))]))
    }

    /// Whether the last message has thoughts, and nothing else yet.
    private var isBegun: Bool {
        guard let last = done.last else { return false }
        return last.role == "assistant" && last.content.isEmpty && !last.fields.isEmpty
            && calls.isEmpty
    }

    /// The place of the assistant's message that is the last one.
    private mutating func assistant() -> Int {
        if lastRole != "assistant" { add(ChatMessage(role: "assistant", content: "")) }
        return done.count - 1
    }

    private mutating func add(_ message: ChatMessage) {
        endMessage()
        done.append(message)
    }

    private mutating func endMessage() {
        guard let last = done.indices.last, !calls.isEmpty else { return }
        done[last].fields.append(.init(key: "tool_calls", value: .array(calls)))
        calls = []
    }
}
