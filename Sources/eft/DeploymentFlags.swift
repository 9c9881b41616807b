import ArgumentParser
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import Serving

/// How recipes are loaded to be served.
struct DeploymentFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many replies of a recipe run at once. Default: the recipe's `sequences`, or 8.",
            valueName: "count"))
    var sequences: Int?

    @Option(
        help: ArgumentHelp(
            "How many replies of a recipe may wait in the queue. More are refused (429).",
            valueName: "count"))
    var maxWaiting = 64

    @Option(
        help: ArgumentHelp(
            "Maximum number of tokens in a prompt and its reply together. Default: the recipe's, "
                + "or what the model was trained on, at most 8192.",
            valueName: "tokens"))
    var context: Int?

    @Option(
        help: ArgumentHelp(
            "Maximum number of reply tokens that a request may ask for. Default: what fits.",
            valueName: "tokens"))
    var maxOutput: Int?

    @Option(
        help: ArgumentHelp(
            "Number of CPU threads. auto measures the time of passes and chooses. Default: the "
                + "recipe's, or auto.",
            valueName: "count|auto"))
    var threads: Threads?

    @Flag(
        help: """
            Refuse requests that do not name a served model, and fields that this server ignores, even if \
            they would not change the reply.
            """)
    var strict = false

    func validate() throws {
        try Self.check("sequences", sequences, 1...256)
        try Self.check("max-waiting", maxWaiting, 0...100_000)
        try Self.check("context", context, 2...100_000_000)
        try Self.check("max-output", maxOutput, 1...1_000_000_000)
    }

    static func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        throw ValidationError(
            "--\(name) must be from \(range.lowerBound) to \(range.upperBound): received "
                + "\(value).")
    }

    /// Loads recipes, or folders of them.
    func deployments(_ paths: [String], servesMembers: Bool) async throws -> [Deployment] {
        var deployments: [Deployment] = []
        for path in try RecipeFiles.find(paths) {
            deployments.append(try await load(path, servesMembers: servesMembers))
        }
        var taken: Set<String> = []
        for name in deployments.flatMap(\.names) where !taken.insert(name).inserted {
            throw InputError(
                "Every recipe must be served under a different name: `\(name)` is there twice. "
                    + "Change the `name:` of one of them, or take the name out of `aliases:`.")
        }
        return deployments
    }

    /// Says what a server does at the first Ctrl-C.
    @Sendable static func noteStopping(_ replies: Int) {
        let rest =
            replies == 1 ? "one reply is not complete" : "\(replies) replies are not complete"
        Console.note(replies == 0 ? "stopping" : "stopping: \(rest); Ctrl-C again stops at once")
    }

    private func load(_ path: String, servesMembers: Bool) async throws -> Deployment {
        var recipe = try Recipe(contentsOf: path)
        recipe.options.context = context ?? recipe.options.context
        if let threads { recipe.options.threads = threads.count }
        recipe.options.sequences =
            sequences ?? (recipe.options.sequences > 1 ? recipe.options.sequences : 8)
        // A pass must have room for a token of every reply.
        recipe.options.tokensPerPass = max(recipe.options.tokensPerPass, recipe.options.sequences)
        let loaded = try await LoadingDisplay.loading(recipe)
        for note in loaded.notes { Console.note("\(recipe.name): \(note)") }
        return Deployment(
            loaded, options: EngineOptions(waiting: maxWaiting), outputLimit: maxOutput,
            servesMembers: servesMembers)
    }
}

/// Recipe files of arguments that name files and folders.
enum RecipeFiles {
    static func find(_ paths: [String]) throws -> [String] {
        try paths.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                isFolder.boolValue
            else { return [path] }
            let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
            guard !files.isEmpty else {
                throw InputError("A folder of recipes must contain a .yaml file: \(path) has none.")
            }
            return files.map { (path as NSString).appendingPathComponent($0) }
        }
    }
}
