import JSONValues

/// Tools and their calls as chat templates expect them.
extension JSON {
    /// A function that may be called.
    static func tool(_ name: String, description: String?, parameters: JSON?) -> JSON {
        var function = [Entry(key: "name", value: .text(name))]
        if let description {
            function.append(Entry(key: "description", value: .text(description)))
        }
        if let parameters { function.append(Entry(key: "parameters", value: parameters)) }
        return .object([
            Entry(key: "type", value: .text("function")),
            Entry(key: "function", value: .object(function)),
        ])
    }

    /// A call in an assistant's message.
    static func call(_ name: String, _ arguments: JSON, id: String?) -> JSON {
        let id = id.map { [Entry(key: "id", value: .text($0))] } ?? []
        return .object(
            id + [
                Entry(key: "type", value: .text("function")),
                Entry(
                    key: "function",
                    value: .object([
                        Entry(key: "name", value: .text(name)),
                        Entry(key: "arguments", value: arguments),
                    ])),
            ])
    }

    /// JSON that was sent as a text; the text itself where it is none.
    var unquoted: JSON {
        guard case .text(let text) = self else { return self }
        return (try? JSONParser.parse(Array(text.utf8))) ?? self
    }
}
