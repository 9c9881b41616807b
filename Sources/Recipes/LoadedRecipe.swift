public import EmulatedFineTuning
public import LlamaBackend

/// A recipe with its models loaded, ready to decode from.
public struct LoadedRecipe: Sendable {
    public let recipe: Recipe
    public let composite: Composite
    /// In the composite's order.
    public let models: [LlamaModel]
    /// The name of the member whose template and tokenizer make the prompts.
    public let tuned: String
    /// The template of the recipe's prompt form.
    public let template: ChatTemplate
    /// Templates of members that see another form of the prompt, by name.
    public let memberTemplates: [String: ChatTemplate]
    /// What was inferred or does not apply, for people: a sentence each.
    public let notes: [String]

    /// Loads every member of a recipe and joins them into a composite.
    ///
    /// - Parameter pool: where files that several recipes have in common are kept.
    /// - Throws: `LlamaError`, `CompositeError`, `FormulaError`, ``RecipeError``.
    /// - Complexity: reads the model files; blocks the thread.
    public init(_ recipe: Recipe, sharing pool: SharedWeights = SharedWeights()) throws {
        var recipe = recipe
        var notes: [String] = []
        models = try Self.load(recipe, pool)
        let tuned = try Self.tunedMember(&recipe, models, &notes)
        self.tuned = recipe.members[tuned].name
        self.recipe = recipe
        composite = try Composite(
            members: zip(recipe.members, models).map { Member($0.name, $1) },
            formula: recipe.formula, parameters: recipe.parameters, fallback: recipe.fallback,
            mask: recipe.mask, control: recipe.control, draft: recipe.draft)
        let (models, carrier) = (self.models, self.tuned)
        func template(_ form: PromptForm) throws -> ChatTemplate {
            switch form {
            case .plain: return .plain()
            case .raw: return .raw
            case .template(let text): return try ChatTemplate(text)
            case .own:
                if models[tuned].weights.chatTemplateText != nil {
                    return try ChatTemplate(of: models[tuned].weights)
                }
                notes.append(
                    "`\(carrier)` carries no chat template: prompts are plain transcripts.")
                return .plain()
            }
        }
        self.template = try template(recipe.prompt)
        var memberTemplates: [String: ChatTemplate] = [:]
        for member in recipe.members {
            if let form = member.prompt { memberTemplates[member.name] = try template(form) }
        }
        self.memberTemplates = memberTemplates
        self.notes = notes
    }

    private static func load(
        _ recipe: Recipe, _ pool: SharedWeights
    ) throws -> [LlamaModel] {
        var weights: [String: LlamaWeights] = [:]
        for member in recipe.members {
            guard case .file(let path) = member.source else { continue }
            var options = recipe.options
            options.gpuLayers = member.gpuLayers ?? options.gpuLayers
            options.device = member.device ?? options.device
            weights[member.name] = try pool.weights(path: path, options: options)
        }
        return try recipe.members.map { member in
            var source = member.name
            if case .member(let other) = member.source { source = other }
            guard let loaded = weights[source] else {
                throw RecipeError.inconsistent(
                    "A member can share only the weights of one that has a file: `\(source)` has none."
                )
            }
            return try LlamaModel(loaded, adapters: member.adapters)
        }
    }

    /// The member that fine-tuning is taken from; fills in a fallback that the recipe leaves out.
    private static func tunedMember(
        _ recipe: inout Recipe, _ models: [LlamaModel], _ notes: inout [String]
    ) throws -> Int {
        let names = recipe.members.map(\.name)
        if let named = recipe.fallback?.members.lazy.compactMap(names.firstIndex).first {
            return named
        }
        let defaults = Dictionary(
            recipe.parameters.map { ($0.name, $0.defaultValue) }, uniquingKeysWith: { a, _ in a })
        let weights = try recipe.formula.weights(defaults)
        let positive = recipe.members.indices.filter {
            weights[recipe.members[$0].name, default: 0] > 0
        }
        let chatty = positive.filter { models[$0].weights.chatTemplateText != nil }
        let sum = weights.values.reduce(0, +)
        if recipe.members.count > 1, chatty.count == 1 {
            let name = recipe.members[chatty[0]].name
            if abs(sum - 1) <= 1e-9 {
                recipe.fallback = .member(name)
                notes.append(
                    "The fallback is `\(name)`: no `fallback:` was given, and it is the only "
                        + "positively weighted member with a chat template.")
            } else {
                notes.append(
                    "There is no fallback, so control tokens follow the formula: `\(name)` would be "
                        + "it, but the formula's weights sum to \(sum.short), not 1.")
            }
        } else if recipe.members.count > 1, recipe.control == .fallback {
            notes.append(
                "There is no fallback, so control tokens follow the formula: none was given, and "
                    + "\(chatty.count) positively weighted members carry a chat template.")
        }
        return chatty.first ?? positive.first ?? 0
    }
}
