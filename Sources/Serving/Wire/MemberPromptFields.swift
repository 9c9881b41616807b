import ChatTemplates
import EmulatedFineTuning
import JSONValues
import Recipes

/// What single members read in place of a request's prompt: `eft.prompts`, and `negative_prompt` for the
/// member that the recipe names.
struct MemberPromptFields {
    private enum Value {
        /// In chats, what the user says; in completions, the prompt.
        case text(String)
        case chat([ChatMessage])
        /// The same chat with another system message; empty: without one.
        case system(String)
    }

    private var values: [(member: String, value: Value)] = []
    private var negative: String?

    /// - Parameter fields: those of the body.
    init(_ fields: Fields) throws(APIError) {
        negative = try fields.text("negative_prompt")
        let own = try fields.object("eft", known: EftFields.names)
        for entry in try own?.entries("prompts") ?? [] where entry.value != .null {
            let place = "eft.prompts.\(entry.key.prefix(100))"
            values.append((entry.key, try Self.value(entry.value, at: place, fields)))
        }
    }

    private static func value(
        _ value: JSON, at place: String, _ fields: Fields
    ) throws(APIError) -> Value {
        switch value {
        case .text(let text): return .text(text)
        case .array: return .chat(try MessageFields.messages(value, at: place, of: fields))
        default:
            let own = try fields.nested(value, at: place, known: ["system"])
            guard let system = try own.text("system") else {
                throw .invalid(
                    place,
                    "`\(place)` must be a text, an array of messages, or an object with `system`.")
            }
            return .system(system)
        }
    }

    /// What the members read of a chat.
    ///
    /// - Throws: for a member that there is not.
    func chats(_ deployment: Deployment) throws -> [String: MemberPrompt] {
        var prompts: [String: MemberPrompt] = [:]
        if let negative {
            prompts[try deployment.negativeMember()] = .system(negative)
        }
        for (member, value) in values {
            try deployment.require(member)
            prompts[member] =
                switch value {
                case .text(let text): .chat([ChatMessage(role: "user", content: text)])
                case .chat(let messages): .chat(messages)
                case .system(let text): .system(text)
                }
        }
        return prompts
    }

    /// What the members continue in place of a text.
    func texts(_ deployment: Deployment) throws -> [String: String] {
        var prompts: [String: String] = [:]
        if let negative { prompts[try deployment.negativeMember()] = negative }
        for (member, value) in values {
            try deployment.require(member)
            guard case .text(let text) = value else {
                throw APIError.invalid(
                    "eft.prompts.\(member)",
                    "Completions continue texts: `eft.prompts.\(member)` must be one.")
            }
            prompts[member] = text
        }
        return prompts
    }
}

extension Deployment {
    /// The member that reads a request's negative prompt.
    fileprivate func negativeMember() throws(APIError) -> String {
        guard let negativePrompt else {
            throw .invalid(
                "negative_prompt",
                "`\(name)` has no member that reads a negative prompt. Leave `negative_prompt` out, or name "
                    + "one under `negative_prompt:` in the recipe.",
                code: "unsupported_parameter")
        }
        return negativePrompt
    }

    /// Refuses the name of a member that there is not.
    fileprivate func require(_ member: String) throws(APIError) {
        let names = engine.composite.members.map(\.name)
        guard !names.contains(member) else { return }
        throw .invalid(
            "eft.prompts",
            "There is no member `\(member.prefix(100))`. There are: "
                + names.map { "`\($0)`" }.joined(separator: ", ") + ".")
    }
}
