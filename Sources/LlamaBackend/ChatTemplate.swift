import CLlama

/// How a chat becomes the text that a model continues.
public struct ChatTemplate: Sendable, Equatable {
    /// The ways to write a chat.
    public enum Form: Sendable, Equatable {
        /// What a model's own template writes, proven.
        case dialect(ChatDialect)
        /// One of libllama's built-in templates, by its name.
        case builtin(String)
        /// A transcript in plain text, for base models.
        case plain(PlainTranscript)
        /// The messages' contents, one after another: for prompts that are text already.
        case raw
    }

    public let form: Form

    /// A template by its name, or by the text that a model carries.
    ///
    /// No Jinja runs here. libllama guesses by marks which of its built-in templates a text resembles,
    /// and these differ from what the models' makers wrote: they join turns with other white space, or
    /// leave out a system message. So a text is accepted where its rendering is proven to be that of a
    /// ``ChatDialect``, and refused otherwise. Tools are not written.
    ///
    /// - Parameter template: the name of a built-in template of libllama's (`chatml`) or of a dialect
    ///   (`llama-2-chat`), or a Jinja text.
    /// - Throws: ``LlamaError/unprovenChatTemplate(_:resembles:names:)``,
    ///   ``LlamaError/unknownChatTemplate(_:names:)``.
    public init(_ template: String) throws(LlamaError) {
        LlamaRuntime.start()
        if Self.builtins.contains(template) {
            form = .builtin(template)
            return
        }
        let named = ChatDialect.known.first { $0.name == template }
        if let dialect = named ?? ChatDialect.of(template: template) {
            form = .dialect(dialect)
            return
        }
        guard !template.utf8.contains(0),
            llama_chat_apply_template(template, nil, 0, false, nil, 0) >= 0
        else {
            throw .unknownChatTemplate(template, names: Self.names)
        }
        let resembled = ChatTemplate(form: .builtin(template)).builtinName ?? "none"
        throw .unprovenChatTemplate(template, resembles: resembled, names: Self.names)
    }

    /// The template that a model carries.
    ///
    /// - Throws: ``LlamaError/noChatTemplate(model:)``, and what ``init(_:)`` throws.
    public init(of weights: LlamaWeights) throws(LlamaError) {
        guard let text = weights.chatTemplateText else {
            throw .noChatTemplate(model: weights.path)
        }
        try self.init(text)
    }

    private init(form: Form) { self.form = form }

    /// A transcript in plain text, for base models.
    public static func plain(_ transcript: PlainTranscript = PlainTranscript()) -> ChatTemplate {
        ChatTemplate(form: .plain(transcript))
    }

    /// The messages' contents, one after another.
    public static let raw = ChatTemplate(form: .raw)

    /// The names that a recipe can use: the dialects, and libllama's own templates; ascending.
    public static var names: [String] {
        Set(ChatDialect.known.map(\.name) + builtins).sorted()
    }

    /// The names of libllama's own templates, ascending.
    public static var builtins: [String] {
        let count = Int(llama_chat_builtin_templates(nil, 0))
        var names = [UnsafePointer<CChar>?](repeating: nil, count: count)
        llama_chat_builtin_templates(&names, count)
        return names.compactMap { $0.map { String(cString: $0) } }.sorted()
    }

    /// The name of the dialect; nil for other forms.
    public var dialectName: String? {
        if case .dialect(let dialect) = form { dialect.name } else { nil }
    }

    /// The built-in template that renders as this one does, by name; nil where there is none.
    ///
    /// Some built-ins differ only in rare cases: this is the first that agrees on a short chat.
    ///
    /// - Complexity: renders a short chat with every built-in template.
    public var builtinName: String? {
        switch form {
        case .plain, .raw: return nil
        case .dialect: break
        case .builtin(let template): if Self.builtins.contains(template) { return template }
        }
        let chat = ["system", "user", "assistant", "user"].map {
            ChatMessage(role: $0, content: "\($0) text")
        }
        guard let wanted = try? render(chat) else { return nil }
        return Self.builtins.first { name in
            (try? Self.render(chat, template: name, addingReply: true)) == wanted
        }
    }

    /// The text of a chat.
    ///
    /// - Parameters:
    ///   - messages: in their order.
    ///   - addingReply: whether the text ends where the assistant's reply begins.
    /// - Throws: ``LlamaError/invalidMessage(index:reason:)``.
    public func render(
        _ messages: [ChatMessage], addingReply: Bool = true
    ) throws(LlamaError) -> String {
        switch form {
        case .plain(let transcript): try transcript.render(messages, addingReply: addingReply)
        case .raw: messages.map(\.content).joined()
        case .dialect(let dialect): try dialect.render(messages, addingReply: addingReply)
        case .builtin(let template):
            try Self.render(messages, template: template, addingReply: addingReply)
        }
    }
}

extension ChatTemplate {
    private static func render(
        _ messages: [ChatMessage], template: String, addingReply: Bool
    ) throws(LlamaError) -> String {
        for (index, message) in messages.enumerated()
        where message.role.utf8.contains(0) || message.content.utf8.contains(0) {
            throw .invalidMessage(
                index: index, reason: "it holds a NUL character, which ends a text for libllama")
        }
        // C strings that live through the call.
        let strings = messages.map { (Array($0.role.utf8CString), Array($0.content.utf8CString)) }
        let size = messages.reduce(256) { $0 + 2 * ($1.role.utf8.count + $1.content.utf8.count) }
        guard let capacity = Int32(exactly: size) else { throw .textTooLong(bytes: size / 2) }
        let text = withPointers(to: strings) { chat -> String? in
            var buffer = [CChar](repeating: 0, count: Int(capacity))
            var count = llama_chat_apply_template(
                template, chat.baseAddress, chat.count, addingReply, &buffer, capacity)
            if count > capacity {
                buffer = [CChar](repeating: 0, count: Int(count))
                count = llama_chat_apply_template(
                    template, chat.baseAddress, chat.count, addingReply, &buffer, count)
            }
            guard count >= 0 else { return nil }
            return String(
                decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        guard let text else { throw .unknownChatTemplate(template, names: names) }
        return text
    }

    /// Calls `body` with pointers into `strings`, which stay in place until it returns.
    private static func withPointers<Result>(
        to strings: [([CChar], [CChar])],
        _ body: (UnsafeBufferPointer<llama_chat_message>) -> Result
    ) -> Result {
        let lengths = strings.flatMap { [$0.0.count, $0.1.count] }
        let bytes = strings.flatMap { $0.0 + $0.1 }
        return bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for length in lengths {
                pointers.append(bytes.baseAddress.map { $0 + offset })
                offset += length
            }
            let chat = stride(from: 0, to: pointers.count, by: 2).map {
                llama_chat_message(role: pointers[$0], content: pointers[$0 + 1])
            }
            return chat.withUnsafeBufferPointer(body)
        }
    }
}
