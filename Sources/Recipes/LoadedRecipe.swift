public import ChatTemplates
public import EmulatedFineTuning
public import Foundation
import JSONValues
public import LlamaBackend
public import RemoteBackend

/// A recipe with its models loaded, ready to decode from.
public struct LoadedRecipe: Sendable {
    public let recipe: Recipe
    public let composite: Composite
    /// The members that run in process, in the composite's order.
    public let models: [LlamaModel]
    /// The members that run on a server, in the composite's order.
    public let remotes: [RemoteModel]
    /// The name of the member whose template and tokenizer make the prompts.
    public let tuned: String
    /// Whether this member is known to be the fine-tuned one: from the fallback, the only chat
    /// template, the form of the formula, or the shapes of the files. If not, it only makes the prompts.
    public let isTunedKnown: Bool
    /// The model of that member.
    public let tunedModel: LlamaModel
    /// The template of the recipe's prompt form.
    public let template: ChatTemplate
    /// How a chat could spell control tokens of that member.
    let spellings: ControlSpellings
    /// Templates of members that see another form of the prompt, by name.
    public let memberTemplates: [String: ChatTemplate]
    /// How members of another vocabulary read prompts, by name.
    let foreign: [String: ForeignPrompts]
    /// Notes for the user on what was inferred and what has no effect, one sentence each.
    public let notes: [String]

    /// Loads every member of a recipe, connects to the remote ones, and joins them into a composite.
    ///
    /// Members that do not fit into memory together are refused before any is loaded.
    ///
    /// - Parameters:
    ///   - recipe: models of stores are looked up, and converted where they must be.
    ///   - pool: where files that several recipes have in common are kept.
    ///   - environment: names the stores of models, and the keys of remote members.
    ///   - progress: called while the members' files are read.
    /// - Throws: `LlamaError`, `RemoteError`, `CompositeError`, `FormulaError`, `RecipeError`,
    ///   `ModelStoreError`.
    /// - Complexity: reads the model files, which blocks the thread; a few round trips to servers.
    public init(
        _ recipe: Recipe, sharing pool: SharedWeights = SharedWeights(),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        progress: (@Sendable (LoadingProgress) -> Void)? = nil
    ) async throws {
        var recipe = try recipe.located(in: ModelStores(environment: environment))
        var notes = recipe.originNotes
        try recipe.memoryPlan(sharing: pool).require()
        let files = try Self.load(recipe, pool, progress)
        let (tuned, isKnown) = try Self.tunedMember(&recipe, files, &notes)
        let readings = try StringReadings(recipe, files, tuned: tuned, pool)
        let local = try readings.models(files)
        guard let tunedModel = local[tuned]?.model else {
            throw RecipeError.inconsistent(
                "The fine-tuned member makes the prompts, so it must be local: "
                    + "`\(tuned)` is remote. Name a local member under `fallback:`.")
        }
        (self.tuned, self.tunedModel, self.recipe) = (tuned, tunedModel, recipe)
        foreign = local.filter { readings.isForeign($0.key) }.mapValues {
            ForeignPrompts($0.model)
        }
        isTunedKnown = isKnown
        spellings = ControlSpellings(of: tunedModel.vocabulary)
        // A remote base's own end of text is that of the local bases, if there are any.
        let base = recipe.members.first {
            local[$0.name] != nil && recipe.fallback?.members.contains($0.name) != true
                && !readings.isForeign($0.name)
        }
        let vocabulary =
            base.flatMap { local[$0.name]?.member.vocabulary } ?? tunedModel.vocabulary
        let remote = try await Self.connect(recipe, vocabulary, environment)
        models = recipe.members.compactMap { local[$0.name]?.model }
        remotes = recipe.members.compactMap { remote[$0.name] }
        composite = try Composite(
            members: recipe.members.compactMap { member in
                let model = local[member.name]?.member ?? remote[member.name]
                return model.map { Member(member.name, $0) }
            },
            formula: recipe.formula, parameters: recipe.parameters, fallback: recipe.fallback,
            mask: recipe.mask, control: recipe.control, draft: recipe.draft, tuned: tuned)
        notes += readings.notes + composite.vocabularyNotes(tuned: tuned)
        notes += Self.fileNotes(recipe, local.mapValues(\.model))
        self.template = try Self.template(recipe.prompt, of: tuned, tunedModel.weights, &notes)
        var memberTemplates: [String: ChatTemplate] = [:]
        for member in recipe.members {
            // A member of another vocabulary reads marks of its own.
            let own = foreign[member.name]?.model.weights
            guard let form = member.prompt ?? own?.usualForm else { continue }
            memberTemplates[member.name] = try Self.template(
                form, of: own == nil ? tuned : member.name, own ?? tunedModel.weights, &notes)
        }
        self.memberTemplates = memberTemplates
        for entry in recipe.templateOptions.variables
        where !([self.template] + memberTemplates.values).contains(where: { $0.mentions(entry.key) }
        ) {
            notes.append(
                "The chat template does not use `\(entry.key)`, so setting it has no effect.")
        }
        let shared = memberTemplates.filter { !readings.isForeign($0.key) }
        let used = [self.template] + shared.sorted { $0.key < $1.key }.map(\.value)
        self.notes = notes + Self.markNotes(used, tuned, tunedModel)
    }

    /// Members that are one model, with one cache and one pass: those that read with the same weights and
    /// adapters, by model.
    public var membersOfOneModel: [[String]] {
        let shares = composite.members.compactMap { member in
            (member.model as? ModelShare).map { (member.name, ObjectIdentifier($0.model)) }
        }
        return Dictionary(grouping: shares, by: \.1).values.map { $0.map(\.0) }
            .sorted { $0[0] < $1[0] }
    }

    /// The files of the members that run in process, by name.
    private static func load(
        _ recipe: Recipe, _ pool: SharedWeights,
        _ progress: (@Sendable (LoadingProgress) -> Void)?
    ) throws -> [String: LocalMember] {
        var weights: [String: LlamaWeights] = [:]
        for member in recipe.members {
            guard case .file(let path) = member.source else { continue }
            weights[member.name] = try pool.weights(
                path: path, options: recipe.options(of: member),
                progress: LoadingProgress.listener(member.name, path, progress))
        }
        var files: [String: LocalMember] = [:]
        for member in recipe.members {
            let source =
                switch member.source {
                case .file: member.name
                case .member(let other): other
                case .remote: String?.none
                }
            guard let source else { continue }
            guard let loaded = weights[source] else {
                throw RecipeError.inconsistent(
                    "A member can only share the weights of a member with a file: `\(source)` has none."
                )
            }
            files[member.name] = LocalMember(weights: loaded, adapters: member.adapters)
        }
        return files
    }

    /// The members that run on a server, by name.
    private static func connect(
        _ recipe: Recipe, _ vocabulary: Vocabulary, _ environment: [String: String]
    ) async throws -> [String: RemoteModel] {
        var models: [String: RemoteModel] = [:]
        for member in recipe.members {
            guard case .remote(let declaration) = member.source else { continue }
            models[member.name] = try await RemoteModel(
                connecting: declaration.options(for: recipe, environment: environment),
                vocabulary: vocabulary)
        }
        return models
    }
}
