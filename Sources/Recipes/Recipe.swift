public import ChatTemplates
public import EmulatedFineTuning
public import LlamaBackend
public import RemoteBackend

/// The declaration of a composite: its members, formula, mask and prompt form, with defaults for
/// sampling. Read from a YAML file with ``init(contentsOf:)``, or made in code.
public struct Recipe: Sendable, Equatable {
    public var name: String
    /// Other names that a server answers to.
    public var aliases: [String]
    public var description: String?
    /// In the order of the file.
    public var members: [MemberDeclaration]
    public var formula: Formula
    public var parameters: [Parameter]
    /// Nil: inferred when the models are loaded, see ``LoadedRecipe/notes``.
    public var fallback: Formula?
    public var mask: Mask?
    public var control: ControlTokens
    public var draft: String?
    public var prompt: PromptForm
    /// A system message before every chat that has none of its own.
    public var system: String?
    /// The member that reads a request's negative prompt; nil: there is none.
    public var negativePrompt: String?
    /// What the chat template is told, such as `enable_thinking`; a request may change each.
    public var templateOptions = TemplateOptions()
    public var defaults: GenerationDefaults
    /// Sizes and placement for all members; a member may override placement.
    public var options: LlamaOptions

    public init(
        name: String, aliases: [String] = [], description: String? = nil,
        members: [MemberDeclaration], formula: Formula,
        parameters: [Parameter] = [], fallback: Formula? = nil, mask: Mask? = nil,
        control: ControlTokens = .fallback, draft: String? = nil, prompt: PromptForm = .own,
        system: String? = nil, defaults: GenerationDefaults = GenerationDefaults(),
        options: LlamaOptions = LlamaOptions()
    ) {
        self.name = name
        self.aliases = aliases
        self.description = description
        self.members = members
        self.formula = formula
        self.parameters = parameters
        self.fallback = fallback
        self.mask = mask
        self.control = control
        self.draft = draft
        self.prompt = prompt
        self.system = system
        self.defaults = defaults
        self.options = options
    }
}

/// What a member is made of.
public struct MemberDeclaration: Sendable, Equatable {
    public var name: String
    public var source: Source
    /// Laid over the weights.
    public var adapters: [LlamaAdapter]
    /// The form in which this member sees the prompt; nil: the recipe's.
    public var prompt: PromptForm?
    /// A system message that this member reads in place of the chat's; empty: none; nil: the chat's.
    public var system: String?
    /// How its scores are asked for; nil: by tokens if it has the tuned member's vocabulary.
    public var vocabulary: VocabularyUse?
    /// Overrides of the recipe's placement.
    public var gpuLayers: Int?
    public var device: String?
    /// What its files were found by; nil before ``Recipe/located(in:)``, and where the recipe names files.
    public internal(set) var origin: MemberOrigin?

    /// Where the weights come from.
    public enum Source: Sendable, Equatable {
        /// A GGUF file; of a split model, its first part. Or a name or folder that ``ModelStores`` finds.
        case file(String)
        /// The weights of another member, which are loaded once.
        case member(String)
        /// A model on a server.
        case remote(RemoteDeclaration)
    }

    public init(
        name: String, source: Source, adapters: [LlamaAdapter] = [], prompt: PromptForm? = nil,
        system: String? = nil, vocabulary: VocabularyUse? = nil, gpuLayers: Int? = nil,
        device: String? = nil
    ) {
        self.vocabulary = vocabulary
        self.name = name
        self.source = source
        self.adapters = adapters
        self.prompt = prompt
        self.system = system
        self.gpuLayers = gpuLayers
        self.device = device
    }
}

/// A model on a server, as a recipe names it: its key is in an environment variable.
public struct RemoteDeclaration: Sendable, Equatable {
    public var server: RemoteOptions.Server
    public var url: String
    public var model: String
    /// The environment variable that holds the key; nil: no key is needed.
    public var keyVariable: String?
    /// A PEM file of certificate authorities.
    public var authorities: String?
    /// Seconds for an answer; nil: the default of `RemoteOptions`.
    public var timeout: Double?

    public init(
        _ server: RemoteOptions.Server, url: String, model: String, keyVariable: String? = nil,
        authorities: String? = nil, timeout: Double? = nil
    ) {
        self.server = server
        self.url = url
        self.model = model
        self.keyVariable = keyVariable
        self.authorities = authorities
        self.timeout = timeout
    }

    /// The options to connect with.
    ///
    /// - Throws: ``RecipeError/inconsistent(_:)`` when the environment has no key.
    func options(
        for recipe: Recipe, environment: [String: String]
    ) throws(RecipeError) -> RemoteOptions {
        var options = RemoteOptions(
            server, url: url, model: model, authorities: authorities,
            context: recipe.options.context, sequences: recipe.options.sequences)
        if let timeout { options.timeout = .seconds(timeout) }
        guard let keyVariable else { return options }
        guard let key = environment[keyVariable], !key.isEmpty else {
            throw .inconsistent(
                "The key of a remote member must be in the environment: `api_key_env` names "
                    + "`\(keyVariable)`, which is not set. Set it to the key.")
        }
        options.key = RemoteKey(key)
        return options
    }
}

/// How a chat becomes a prompt.
public enum PromptForm: Sendable, Equatable {
    /// The chat template that the tuned member carries.
    case own
    /// A template of `ChatTemplate.named`, for files that carry none.
    case named(String)
    /// A Jinja file.
    case file(String)
    /// A transcript, `User: …`, for base models.
    case plain
    /// The text as it is.
    case raw

    /// The form of a name: `own`, `plain`, `raw`, a file that ends in `.jinja`, or a template's name.
    ///
    /// - Parameters:
    ///   - text: the name.
    ///   - folder: where relative paths of files begin.
    public init(_ text: String, in folder: String = ".") {
        self =
            switch text {
            case "own": .own
            case "plain": .plain
            case "raw": .raw
            case _ where text.hasSuffix(".jinja"): .file(Recipe.resolve(text, in: folder))
            default: .named(text)
            }
    }
}

/// Defaults of requests; a request may change each.
public struct GenerationDefaults: Sendable, Equatable {
    public var sampling: SamplingOptions
    /// Nil: as many as the context has room for.
    public var maxTokens: Int?
    public var stop: [String]
    public var speculation: Speculation
    /// Where proposed tokens may come from.
    public var drafts: Set<DraftSource>
    public var coupling: Coupling

    public init(
        sampling: SamplingOptions = SamplingOptions(), maxTokens: Int? = nil, stop: [String] = [],
        speculation: Speculation = .auto, drafts: Set<DraftSource> = .all,
        coupling: Coupling = .matched
    ) {
        self.sampling = sampling
        self.maxTokens = maxTokens
        self.stop = stop
        self.speculation = speculation
        self.drafts = drafts
        self.coupling = coupling
    }
}

extension Recipe {
    /// The parameters that a formula uses: only these can be set.
    package var usedParameters: [String] {
        [formula, fallback, mask?.rule.formula].compactMap { $0 }.usedParameters
    }

    /// The parameters' defaults, by name.
    package var defaultParameters: [String: Double] {
        Dictionary(parameters.map { ($0.name, $0.defaultValue) }, uniquingKeysWith: { a, _ in a })
    }
}
