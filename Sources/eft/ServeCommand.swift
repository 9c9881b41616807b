import ArgumentParser
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Logging
import Recipes
import Serving

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve recipes behind an OpenAI-compatible API.",
        discussion: """
            Every recipe is a model under its name. Documentation/serving.md describes routes, \
            fields and errors.

            Keys are read from --api-key-file (one a line) and from the environment variable \
            EFT_API_KEY (several with commas); without any, everyone who reaches the port is let \
            in. TLS is for a reverse proxy in front.

            Ctrl-C lets running replies finish, takes no new ones, and stops.
            """)

    @Argument(help: "Recipes, or folders of them.")
    var recipes: [String]

    @Option(help: ArgumentHelp("Where to listen.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("0 takes any free port.", valueName: "number"))
    var port = 8080

    @Option(help: ArgumentHelp("API keys, one a line; # starts a comment.", valueName: "file"))
    var apiKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "Replies of a recipe at once; default: its `sequences`, or 8.", valueName: "count"))
    var sequences: Int?

    @Option(
        help: ArgumentHelp(
            "Replies of a recipe that may wait; more are refused (429).", valueName: "count"))
    var maxWaiting = 64

    @Option(
        help: ArgumentHelp(
            "Tokens that a prompt and its reply can have; default: the recipe's.",
            valueName: "tokens"))
    var context: Int?

    @Option(
        help: ArgumentHelp(
            "Tokens of reply that a request may ask for; default: what fits.", valueName: "tokens"))
    var maxOutput: Int?

    @Option(help: ArgumentHelp("Bytes of a request at most.", valueName: "bytes"))
    var maxBody = 4 << 20

    @Option(help: ArgumentHelp("Seconds in which a request must arrive.", valueName: "seconds"))
    var readTimeout = 30

    @Option(help: ArgumentHelp("Seconds that a reply may take.", valueName: "seconds"))
    var replyTimeout = 600

    func validate() throws {
        func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
            guard let value, !range.contains(value) else { return }
            throw ValidationError(
                "--\(name) must be from \(range.lowerBound) to \(range.upperBound): received "
                    + "\(value).")
        }
        if recipes.isEmpty { throw ValidationError("Give at least one recipe.") }
        try check("port", port, 0...65535)
        try check("sequences", sequences, 1...256)
        try check("max-waiting", maxWaiting, 0...100_000)
        try check("context", context, 2...100_000_000)
        try check("max-output", maxOutput, 1...1_000_000_000)
        try check("max-body", maxBody, 1024...1 << 30)
        try check("read-timeout", readTimeout, 1...3600)
        try check("reply-timeout", replyTimeout, 1...86_400)
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let keys = try apiKeys()
        var deployments: [Deployment] = []
        for path in try RecipeFiles.find(recipes) { deployments.append(try await load(path)) }
        try requireDistinctNames(deployments)
        let isLocal = ["127.0.0.1", "::1", "localhost"].contains(host)
        if keys.isEmpty, !isLocal {
            Console.note(
                "warning: \(host) can be reached from other machines, and there is no API key. "
                    + "Give --api-key-file, or put a proxy with authentication in front.")
        }
        var logger = Logger(label: "eft", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .notice
        let server = Server(
            deployments,
            options: ServerOptions(
                keys: keys, bodyLimit: maxBody, readTimeout: .seconds(readTimeout),
                replyTimeout: .seconds(replyTimeout)), logger: logger)
        let names = deployments.map(\.name).joined(separator: ", ")
        try await server.run(host: host, port: port) { port in
            Console.note("serving \(names) on http://\(host):\(port)/v1")
        }
    }

    private func load(_ path: String) async throws -> Deployment {
        var recipe = try Recipe(contentsOf: path)
        recipe.options.context = context ?? recipe.options.context
        recipe.options.sequences =
            sequences ?? (recipe.options.sequences > 1 ? recipe.options.sequences : 8)
        // A pass must have room for a token of every reply.
        recipe.options.tokensPerPass = max(recipe.options.tokensPerPass, recipe.options.sequences)
        let loaded = try await LoadedRecipe(recipe)
        for note in loaded.notes { Console.note("\(recipe.name): \(note)") }
        return Deployment(
            loaded, options: EngineOptions(waiting: maxWaiting), outputLimit: maxOutput)
    }

    private func requireDistinctNames(_ deployments: [Deployment]) throws {
        for (index, deployment) in deployments.enumerated()
        where deployments[..<index].contains(where: { $0.name == deployment.name }) {
            throw InputError(
                "Recipes are served under their names, which must differ: `\(deployment.name)` is "
                    + "there twice. Give one another `name:`.")
        }
    }

    private func apiKeys() throws -> [String] {
        let environment = ProcessInfo.processInfo.environment["EFT_API_KEY"] ?? ""
        var keys = environment.split(separator: ",").map { String($0).trimmed }
        if let apiKeyFile {
            guard let text = try? String(contentsOfFile: apiKeyFile, encoding: .utf8) else {
                throw InputError(
                    "The file of API keys must be readable UTF-8 text: \(apiKeyFile) is not.")
            }
            let lines = text.split(whereSeparator: \.isNewline).map { String($0).trimmed }
            let named = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
            guard !named.isEmpty else {
                throw InputError("The file of API keys must hold a key: \(apiKeyFile) holds none.")
            }
            keys += named
        }
        return keys.filter { !$0.isEmpty }
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
                throw InputError("A folder of recipes must hold a .yaml file: \(path) holds none.")
            }
            return files.map { (path as NSString).appendingPathComponent($0) }
        }
    }
}
