public import ChatTemplates
public import EmulatedFineTuning
import LlamaBackend

extension LoadedRecipe {
    /// A request for a reply to a chat, with the recipe's defaults.
    ///
    /// - Parameters:
    ///   - messages: the chat.
    ///   - addingReply: whether the prompt ends where the assistant's reply begins.
    ///   - options: what the template is told; nil: what the recipe says.
    ///   - prompts: what single members read instead, by name.
    /// - Throws: `TemplateError` when a template cannot render the chat;
    ///   ``RecipeError/inconsistent(_:)`` for a name that no member has.
    public func request(
        for messages: [ChatMessage], addingReply: Bool = true, options: TemplateOptions? = nil,
        prompts: [String: MemberPrompt] = [:]
    ) throws -> GenerationRequest {
        try requireMembers(prompts.keys)
        let options = options ?? recipe.templateOptions
        var own: [String: [TokenID]] = [:]
        for member in recipe.members {
            guard
                memberTemplates[member.name] != nil || member.system != nil
                    || prompts[member.name] != nil
            else { continue }
            let form = memberTemplates[member.name] ?? template
            let chat = chat(messages, for: member.name, prompts)
            own[member.name] =
                try foreign[member.name]?.encode(chat, form, addingReply, options)
                ?? encode(chat, form, addingReply, options)
        }
        var request = try request(
            prompt: encode(withSystem(messages), template, addingReply, options), prompts: own)
        if case .plain(let transcript) = template.form { request.stop += transcript.stops }
        return request
    }

    /// The text of a chat as a member reads it, control tokens by their names.
    ///
    /// - Parameters:
    ///   - messages: the chat.
    ///   - member: by name; nil: every member that has no form of its own.
    ///   - addingReply: whether the text ends where the assistant's reply begins.
    ///   - options: what the template is told; nil: what the recipe says.
    ///   - prompts: what single members read instead, by name.
    /// - Throws: `TemplateError` when the template cannot render the chat;
    ///   ``RecipeError/inconsistent(_:)`` for a name that no member has.
    public func text(
        of messages: [ChatMessage], for member: String? = nil, addingReply: Bool = true,
        options: TemplateOptions? = nil, prompts: [String: MemberPrompt] = [:]
    ) throws -> String {
        try requireMembers(prompts.keys)
        let form = member.flatMap { memberTemplates[$0] } ?? template
        return try form.render(
            chat(messages, for: member, prompts), addingReply: addingReply,
            options: options ?? recipe.templateOptions
        ).string
    }

    /// What a request's negative prompt replaces: the system message of the member that the recipe names.
    ///
    /// - Throws: ``RecipeError/inconsistent(_:)`` when the recipe names none.
    public func negative(_ text: String) throws -> [String: MemberPrompt] {
        guard let member = recipe.negativePrompt else {
            throw RecipeError.inconsistent(
                "`\(recipe.name)` has no member that reads a negative prompt: name one under "
                    + "`negative_prompt:` in the recipe.")
        }
        return [member: .system(text)]
    }

    /// What a member reads: what the request says for it, or what the recipe does, or the chat.
    private func chat(
        _ messages: [ChatMessage], for member: String?, _ prompts: [String: MemberPrompt]
    ) -> [ChatMessage] {
        guard let member else { return withSystem(messages) }
        if let own = prompts[member] { return own.messages(withSystem(messages)) }
        let system = recipe.members.first { $0.name == member }?.system
        return system.map { MemberPrompt.system($0).messages(messages) } ?? withSystem(messages)
    }

    /// Refuses names that no member has.
    func requireMembers(_ names: some Sequence<String>) throws(RecipeError) {
        let known = recipe.members.map(\.name)
        guard let unknown = names.first(where: { !known.contains($0) }) else { return }
        throw .inconsistent(
            "There is no member `\(unknown)`. There are: \(known.joined(separator: ", ")).")
    }

    /// The chat with the recipe's system message, where it has none of its own.
    private func withSystem(_ messages: [ChatMessage]) -> [ChatMessage] {
        guard let system = recipe.system, !messages.contains(where: { $0.role == "system" }) else {
            return messages
        }
        return [ChatMessage(role: "system", content: system)] + messages
    }

    /// A request to continue a raw prompt: a text that no template touches, and of which nothing is cut.
    ///
    /// Matches `/v1/completions` of llama-server and of vLLM. Where a text spells the model's BOS token
    /// itself and `start` is true, the prompt begins with two, as it does there.
    ///
    /// - Parameters:
    ///   - text: the prompt. It is the caller's own: a mark in it, such as `<|im_start|>`, means the
    ///     control token.
    ///   - start: whether to add a BOS token, if the model wants one.
    ///   - control: whether marks are read as control tokens; false takes them as text.
    ///   - prompts: texts that single members continue instead, by name.
    /// - Throws: what the tokenizer throws; ``RecipeError/inconsistent(_:)`` for a name that no member has.
    public func request(
        continuing text: String, start: Bool = true, control: Bool = true,
        prompts: [String: String] = [:]
    ) throws -> GenerationRequest {
        try requireMembers(prompts.keys)
        var own: [String: [TokenID]] = [:]
        for (member, text) in prompts {
            own[member] =
                try foreign[member]?.encode(text, start: start, control: control)
                ?? tokenizer.encode(text, start: start, control: control)
        }
        let prompt = try tokenizer.encode(text, start: start, control: control)
        return try request(prompt: prompt, prompts: own)
    }

    /// The tokens of a response to score, with the token that ends it in a chat.
    ///
    /// A response is what a model said: marks in it are text.
    ///
    /// - Parameters:
    ///   - text: the response.
    ///   - ended: whether it is complete, so that its end is scored too.
    public func response(_ text: String, ended: Bool) throws -> [TokenID] {
        let tokens = try tokenizer.encode(text, start: false, control: false)
        let end = tunedModel.vocabulary.endOfText
        return tokens + (ended ? [end].compactMap { $0 } : [])
    }

    /// The Jinja text of the chat template, where the recipe's chats are rendered by the tuned member's own.
    public var chatTemplateText: String? {
        if case .jinja(let jinja) = template.form { jinja.text } else { nil }
    }

    /// The tokenizer of all prompts: members share a vocabulary, and the tuned one knows its marks.
    public var tokenizer: any Tokenizer { tunedModel.tokenizer }

    /// The tokenizers of members that read texts of their own in tokens of another vocabulary, by name.
    public var memberTokenizers: [String: any Tokenizer] { foreign }

    /// Tokens that prompt and reply may have together.
    public var contextLimit: Int {
        composite.members.map { min($0.model.limits.context, $0.model.limits.cells) }.min() ?? 0
    }

    private func encode(
        _ messages: [ChatMessage], _ template: ChatTemplate, _ addingReply: Bool,
        _ options: TemplateOptions
    ) throws -> [TokenID] {
        try template.encode(
            messages, addingReply: addingReply, options: options, with: tokenizer,
            vocabulary: tunedModel.vocabulary, spellings: spellings)
    }

    private func request(
        prompt: [TokenID], prompts: [String: [TokenID]]
    ) throws -> GenerationRequest {
        let longest = ([prompt] + prompts.values).map(\.count).max() ?? 0
        let room = max(1, contextLimit - longest)
        return GenerationRequest(
            prompt: prompt, prompts: prompts, sampling: recipe.defaults.sampling,
            maxTokens: recipe.defaults.maxTokens.map { min($0, room) } ?? room,
            stop: recipe.defaults.stop, speculation: recipe.defaults.speculation,
            drafts: recipe.defaults.drafts, coupling: recipe.defaults.coupling)
    }
}
