public import ChatTemplates
import JSONValues

extension ToolFormat {
    /// The name and the arguments of a call that no template knows.
    private static let (name, key, value) = ("eftxtoolx", "eftxkeyx", "eftxvaluex")
    private static let id = "123456789"
    private static let said = "eftxsaidx"

    /// How a template writes calls, found by having it write one.
    ///
    /// - Parameters:
    ///   - template: the model's chat template.
    ///   - ends: names of tokens that end replies; what comes from them on is no part of a call.
    /// - Returns: nil when the template knows no tools, or writes calls in another way than ``ToolFormat`` can
    ///   say (for instance arguments as XML, or with an id between name and arguments).
    /// - Complexity: renders the template up to four times.
    public init?(of template: ChatTemplate, ends: [String] = []) {
        guard template.mentions("tools") || template.mentions("tool_calls") else { return nil }
        for takesText in [false, true] {
            guard let reply = Self.sample(template, takesText: takesText) else { continue }
            self.init(Self.cut(reply, at: ends), takesText: takesText)
            return
        }
        return nil
    }

    /// Reads the sample call in what an assistant wrote.
    private init?(_ reply: String, takesText: Bool) {
        guard let call = Self.parts(of: reply) else { return nil }
        if let object = Self.object(call) {
            self = object
        } else {
            let (opening, separator) = (call.before.withoutSpace, call.between.withoutSpace)
            // Without marks around the name, a call could not be told from text.
            guard !opening.isEmpty, !separator.isEmpty,
                !(call.before + call.between).contains(where: { "{\"".contains($0) })
            else { return nil }
            self.init(
                opening: opening, closing: call.after.withoutSpace,
                body: .named(separator: separator))
        }
        self.takesText = takesText
        // An id, or a number of the call, differs from call to call.
        guard !opening.contains(Self.id), !closing.contains(Self.id) else { return nil }
        if case .named(let separator) = body, separator.contains(where: \.isNumber) { return nil }
    }

    /// What the template has the assistant write to call a tool; nil when it cannot.
    private static func sample(_ template: ChatTemplate, takesText: Bool) -> String? {
        let arguments = JSON.object([.init(key: key, value: .text(value))])
        let call = JSON.object([
            .init(key: "type", value: .text("function")), .init(key: "id", value: .text(id)),
            .init(
                key: "function",
                value: .object([
                    .init(key: "name", value: .text(name)),
                    .init(
                        key: "arguments", value: takesText ? .text(arguments.text) : arguments),
                ])),
        ])
        let string = JSON.object([.init(key: "type", value: .text("string"))])
        let schema = JSON.object([
            .init(key: "type", value: .text("object")),
            .init(key: "properties", value: .object([.init(key: key, value: string)])),
        ])
        let tool = JSON.object([
            .init(key: "type", value: .text("function")),
            .init(
                key: "function",
                value: .object([
                    .init(key: "name", value: .text(name)),
                    .init(key: "description", value: .text("")),
                    .init(key: "parameters", value: schema),
                ])),
        ])
        func text(_ fields: [JSON.Entry]) -> String? {
            let chat = [
                ChatMessage(role: "user", content: "?"),
                ChatMessage(role: "assistant", content: "", fields: fields),
            ]
            let options = TemplateOptions(tools: [tool])
            return try? template.render(chat, addingReply: false, options: options).string
        }
        let calls = JSON.Entry(key: "tool_calls", value: .array([call]))
        let empty = JSON.Entry(key: "content", value: .text(""))
        guard let calling = text([empty, calls]) ?? text([calls]), calling.contains(name),
            let saying = text([.init(key: "content", value: .text(said))])
        else { return nil }
        // What the template writes before anything that the assistant says.
        let common = zip(calling, saying).prefix { $0 == $1 }.map(\.0)
        // Another mark may begin alike.
        let end = common.lastIndex { $0.isWhitespace || ">]".contains($0) }.map { $0 + 1 } ?? 0
        var reply = calling.dropFirst(end)
        if let thought = reply.firstRange(of: "</think>") { reply = reply[thought.upperBound...] }
        return String(reply)
    }

    private static func cut(_ text: String, at ends: [String]) -> String {
        let places = ends.filter { !$0.isEmpty }.compactMap { text.firstRange(of: $0)?.lowerBound }
        return places.min().map { String(text[..<$0]) } ?? text
    }

    private struct Parts {
        var before: Substring
        var between: Substring
        var after: Substring
    }

    /// The call, cut at its name and its arguments; nil when the arguments are no JSON.
    private static func parts(of text: String) -> Parts? {
        guard let name = text.firstRange(of: name),
            let key = text[name.upperBound...].firstRange(of: "\"\(key)\""),
            let start = text[name.upperBound..<key.lowerBound].lastIndex(of: "{"),
            let end = ended(text[start...]),
            let arguments = try? JSONParser.parse(Array(text[start...].utf8.prefix(end))),
            arguments == .object([.init(key: Self.key, value: .text(value))])
        else { return nil }
        let rest = text.utf8.index(start, offsetBy: end)
        return Parts(
            before: text[..<name.lowerBound], between: text[name.upperBound..<start],
            after: text[rest...])
    }

    private static func ended(_ text: Substring) -> Int? {
        var scanner = JSONScanner()
        guard case .end(let count) = scanner.end(in: Array(text.utf8)) else { return nil }
        return count
    }

    /// The form in which name and arguments are entries of an object.
    private static func object(_ call: Parts) -> ToolFormat? {
        guard let head = call.before.lastIndex(of: "{"),
            let nameKey = key(call.before[call.before.index(after: head)...].dropLast()),
            call.before.last == "\"", call.between.first == "\"",
            let comma = call.between.firstIndex(of: ","),
            let argumentsKey = key(call.between[call.between.index(after: comma)...]),
            let brace = call.after.firstIndex(of: "}")
        else { return nil }
        var opening = call.before[..<head].withoutSpace
        var closing = call.after[call.after.index(after: brace)...].withoutSpace
        var isList = false
        if opening.hasSuffix("["), closing.hasPrefix("]") {
            opening = opening.dropLast().withoutSpace
            closing = closing.dropFirst().withoutSpace
            isList = true
        }
        return ToolFormat(
            opening: opening, closing: closing,
            body: .object(nameKey: nameKey, argumentsKey: argumentsKey, isList: isList))
    }

    /// The key in `"key": `.
    private static func key(_ text: Substring) -> String? {
        var text = text.withoutSpace[...]
        guard text.last == ":" else { return nil }
        text = text.dropLast().withoutSpace[...]
        guard text.count > 2, text.first == "\"", text.last == "\"" else { return nil }
        let key = text.dropFirst().dropLast()
        return key.contains(where: { "\"{}:,".contains($0) }) ? nil : String(key)
    }
}
