public import ChatTemplates
public import EmulatedFineTuning
import Foundation
public import LlamaBackend
public import Recipes

/// A composite that is served under a name: its engine, and how texts become its prompts.
public struct Deployment: Sendable {
    public let name: String
    /// Other names that it answers to.
    public let aliases: [String]
    /// What the model is, in a sentence or two for the user.
    public let description: String?
    public let engine: Engine
    public let tokenizer: any Tokenizer
    /// Of members of another vocabulary, by name.
    let memberTokenizers: [String: any Tokenizer]
    public let defaults: GenerationDefaults
    /// Maximum number of tokens in a reply; nil: as many as fit.
    public let outputLimit: Int?
    /// Whether a request may ask for a member alone.
    public let servesMembers: Bool
    /// Changes when what is decoded changes: a hash of formula, fallback, mask, members and vocabulary, after
    /// `b`, as llama-server's begin.
    let fingerprint: String
    /// When it was loaded, in seconds since 1970.
    public let created: Int
    /// The Jinja text of the chat template, for clients that render chats themselves; nil: there is none.
    public let chatTemplate: String?
    /// A constraint that makes a reply a JSON object; nil: not available.
    public let forms: ReplyForms?
    private let chat: Chat
    private let chatText: (@Sendable ([ChatMessage], Bool, TemplateOptions?) throws -> String)?
    /// What the chat template is told where a request says nothing.
    let templateOptions: TemplateOptions
    /// The member that reads a request's negative prompt; nil: there is none.
    let negativePrompt: String?

    /// Makes the request for a reply to a chat: of messages, whether the start of a reply is added, what
    /// the template is told, and what single members read instead, by name.
    public typealias Chat =
        @Sendable ([ChatMessage], Bool, TemplateOptions?, [String: MemberPrompt]) throws ->
        GenerationRequest

    /// - Parameters:
    ///   - name: the model's name in the API.
    ///   - aliases: other names that it answers to.
    ///   - description: what the model is, shown to the user.
    ///   - engine: generates the replies; may be shared with callers in process.
    ///   - tokenizer: makes prompts of texts.
    ///   - memberTokenizers: the same for members of another vocabulary, by name.
    ///   - defaults: hold where a request says nothing.
    ///   - outputLimit: maximum number of tokens in a reply; nil: as many as fit.
    ///   - servesMembers: whether a request may ask for a member alone.
    ///   - chatTemplate: the Jinja text that chats are rendered with, if there is one.
    ///   - forms: the forms that replies can be held to; nil: none.
    ///   - templateOptions: what the chat template is told where a request says nothing.
    ///   - chatText: the text of a chat, with the start of a reply or without; nil: not available.
    ///   - negativePrompt: the member that reads a request's negative prompt, if there is one.
    ///   - chat: the request for a reply to a chat, with the defaults put in; the chat's prompt has the start
    ///     of a reply, or not. Single members may read something else.
    public init(
        name: String, aliases: [String] = [], description: String? = nil, engine: Engine,
        tokenizer: any Tokenizer, memberTokenizers: [String: any Tokenizer] = [:],
        defaults: GenerationDefaults = GenerationDefaults(), outputLimit: Int? = nil,
        servesMembers: Bool = true, chatTemplate: String? = nil,
        forms: ReplyForms? = nil,
        templateOptions: TemplateOptions = TemplateOptions(),
        chatText: (@Sendable ([ChatMessage], Bool, TemplateOptions?) throws -> String)? = nil,
        negativePrompt: String? = nil,
        chat: @escaping Chat
    ) {
        self.name = name
        self.aliases = aliases
        self.description = description
        self.engine = engine
        self.tokenizer = tokenizer
        self.memberTokenizers = memberTokenizers
        self.defaults = defaults
        self.outputLimit = outputLimit
        self.servesMembers = servesMembers
        self.fingerprint = engine.composite.fingerprint
        self.created = Int(Date().timeIntervalSince1970)
        self.chatTemplate = chatTemplate
        self.forms = forms
        self.templateOptions = templateOptions
        self.chatText = chatText
        self.negativePrompt = negativePrompt
        self.chat = chat
    }

    /// Serves a loaded recipe under its name.
    public init(
        _ loaded: LoadedRecipe, options: EngineOptions = EngineOptions(), outputLimit: Int? = nil,
        servesMembers: Bool = true
    ) {
        self.init(
            name: loaded.recipe.name, aliases: loaded.recipe.aliases,
            description: loaded.recipe.description,
            engine: Engine(loaded.composite, options: options),
            tokenizer: loaded.tokenizer, memberTokenizers: loaded.memberTokenizers,
            defaults: loaded.recipe.defaults, outputLimit: outputLimit,
            servesMembers: servesMembers, chatTemplate: loaded.chatTemplateText,
            forms: loaded.replyForms,
            templateOptions: loaded.recipe.templateOptions,
            chatText: { try loaded.text(of: $0, addingReply: $1, options: $2) },
            negativePrompt: loaded.recipe.negativePrompt,
            chat: { try loaded.request(for: $0, addingReply: $1, options: $2, prompts: $3) })
    }

    /// Every name that it answers to, its own first.
    public var names: [String] { [name] + aliases }

    /// Tokens that prompt and reply may have together.
    public var contextLimit: Int {
        engine.composite.members.map { min($0.model.limits.context, $0.model.limits.cells) }.min()
            ?? 0
    }

    /// The members that a request may ask for alone: those that give whole rows.
    var alone: [String] {
        guard servesMembers else { return [] }
        return engine.composite.members.filter { $0.model.limits.scores == .rows }.map(\.name)
    }

    /// A request for a reply to a chat.
    ///
    /// - Parameter prompts: what single members read instead.
    /// - Throws: before anything is tokenized, where a chat is too long in any case.
    func request(
        for messages: [ChatMessage], addingReply: Bool = true, options: TemplateOptions? = nil,
        prompts: [String: MemberPrompt] = [:]
    ) throws -> GenerationRequest {
        try requireRoom(for: messages, options)
        for prompt in prompts.values {
            switch prompt {
            case .chat(let own): try requireRoom(for: own, options)
            case .system(let text): try require(atLeast: 1, bytes: text.utf8.count)
            }
        }
        return try chat(messages, addingReply, options, prompts)
    }

    /// The text of a chat, as the members read it.
    func text(
        of messages: [ChatMessage], addingReply: Bool, options: TemplateOptions?
    ) throws -> String {
        guard let chatText else {
            throw APIError.invalid("model", "`\(name)` does not use a chat template.")
        }
        try requireRoom(for: messages, options)
        return try chatText(messages, addingReply, options)
    }

    private func requireRoom(
        for messages: [ChatMessage], _ options: TemplateOptions?
    ) throws(APIError) {
        // A template that knows no tools does not write them.
        let tools = forms?.tools == nil ? 0 : options?.size ?? 0
        let bytes = messages.reduce(tools) { $0 + $1.size }
        try require(atLeast: messages.count, bytes: bytes)
    }

    /// The tokens of a raw prompt.
    ///
    /// - Parameters:
    ///   - text: the prompt.
    ///   - fields: how it is read.
    ///   - member: who reads it, if not all do.
    /// - Throws: before anything is tokenized, where it is too long in any case.
    func encode(
        _ text: String, _ fields: RawTextFields, for member: String? = nil
    ) throws -> [TokenID] {
        try require(atLeast: 1, bytes: text.utf8.count)
        return try fields.encode(
            text, with: member.flatMap { memberTokenizers[$0] } ?? tokenizer)
    }

    /// Refuses what cannot fit the context: tokens have at most so many bytes.
    private func require(atLeast tokens: Int, bytes: Int) throws(APIError) {
        let vocabulary = engine.composite.vocabulary
        let least = max(tokens, bytes / max(1, vocabulary.longestToken))
        guard least > contextLimit else { return }
        throw .tooLong(
            "prompt",
            "A prompt and at least one token of reply must fit the context: this prompt has \(least) or more. "
                + "Shorten it, or raise `context` in the recipe.", contextLimit)
    }

    /// A request to continue tokens that no template touches.
    ///
    /// - Parameter prompts: what single members continue instead.
    func request(
        continuing prompt: [TokenID], prompts: [String: [TokenID]] = [:]
    ) -> GenerationRequest {
        let longest = ([prompt] + prompts.values).map(\.count).max() ?? 0
        return GenerationRequest(
            prompt: prompt, prompts: prompts, sampling: defaults.sampling,
            maxTokens: min(defaults.maxTokens ?? 16, max(1, contextLimit - longest)),
            stop: defaults.stop, speculation: defaults.speculation, drafts: defaults.drafts,
            coupling: defaults.coupling)
    }

    /// Sets how long a reply may be: what the client asks for, or the request's default.
    func limit(
        _ request: inout GenerationRequest, to tokens: Int?, field: String
    ) throws(APIError) {
        if let tokens, let outputLimit, tokens > outputLimit {
            throw .invalid(
                field, "`\(field)` must be at most \(outputLimit) here: received \(tokens).")
        }
        request.maxTokens = min(tokens ?? request.maxTokens, outputLimit ?? .max)
    }
}

extension Composite {
    fileprivate var fingerprint: String {
        var hash = FNV1a()
        let parts =
            [formula, fallback].map { $0.map { "\($0)" } ?? "" } + members.map(\.name)
            + [mask.map { "\($0)" } ?? "", "\(vocabulary.fingerprint)"]
        for part in parts { hash.mix(Array(part.utf8) + [0]) }
        return "b" + String(hash.value, radix: 16)
    }
}
