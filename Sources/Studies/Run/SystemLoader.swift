import EmulatedFineTuning
import LlamaBackend
import Recipes

/// Loads the recipes of a study, one after another; files that the next ones need stay loaded.
final class SystemLoader {
    private let pool = SharedWeights()
    private let parallel: Int
    private let threads: Int?
    private let note: (String) -> Void
    private var noted: Set<String> = []
    private var recipes: [String: Recipe] = [:]
    private var current: (path: String, system: LoadedSystem)?

    /// - Parameters:
    ///   - parallel: replies that are generated together.
    ///   - threads: nil: as many as each recipe says.
    ///   - note: gets each recipe's notes, once.
    init(parallel: Int, threads: Int?, note: @escaping (String) -> Void = { _ in }) {
        self.parallel = parallel
        self.threads = threads
        self.note = note
    }

    /// A recipe as the study runs it.
    func recipe(_ path: String) throws -> Recipe {
        if let known = recipes[path] { return known }
        var recipe = try Recipe(contentsOf: path).located()
        recipe.options.sequences = parallel
        // A number that does not change, as a run is to give the same replies when it is repeated.
        recipe.options.threads =
            threads ?? recipe.options.threads ?? LlamaOptions.mostThreads
        recipes[path] = recipe
        return recipe
    }

    /// A recipe with an engine. That of the recipe before is given up.
    func system(_ path: String) async throws -> LoadedSystem {
        if let current, current.path == path { return current.system }
        let recipe = try recipe(path)
        current = nil
        pool.release(except: Set(recipes.values.flatMap(\.files)))
        let system = LoadedSystem(
            try await LoadedRecipe(recipe, sharing: pool))
        for line in system.loaded.notes.map({ "\(recipe.name): \($0)" })
        where noted.insert(line).inserted {
            note(line)
        }
        current = (path, system)
        return system
    }
}

/// A recipe with its engine.
struct LoadedSystem {
    let loaded: LoadedRecipe
    let engine: Engine

    init(_ loaded: LoadedRecipe) {
        self.loaded = loaded
        engine = Engine(loaded.composite)
    }

    /// The request for a prompt at a system's settings.
    func request(
        _ line: DataLine, _ point: SystemPoint, seed: UInt64, _ study: Study
    ) throws -> GenerationRequest {
        var request = try loaded.request(for: line.messages)
        if let generation = study.generation {
            request.sampling = generation.sampling
            request.stop += generation.stop
            if let limit = generation.maxTokens {
                let longest = ([request.prompt] + request.prompts.values).map(\.count).max() ?? 0
                request.maxTokens = max(1, min(limit, loaded.contextLimit - longest))
            }
        }
        request.seed = seed
        request.speculation = study.speculation
        if let member = point.declaration.member {
            guard loaded.composite.members.contains(where: { $0.name == member }) else {
                throw StudyError.unknownName(
                    member, kind: "member", at: "system `\(point.name)`",
                    known: loaded.composite.members.map(\.name))
            }
            request.formula = .member(member)
            return request
        }
        request.parameters = point.settings
        if point.declaration.sweep?.parameter == SystemDeclaration.Sweep.nucleus {
            request.mask = point.mask(of: loaded.recipe).map { .mask($0) } ?? MaskOverride.none
        }
        return request
    }
}

extension Recipe {
    /// The paths of its weights.
    var files: [String] {
        members.compactMap { if case .file(let path) = $0.source { path } else { nil } }
    }
}
