import ArgumentParser
import Foundation
import Logging
import Serving

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve recipes behind an OpenAI-compatible API.",
        discussion: """
            Every recipe is a model under its name. Documentation/serving.md describes routes, \
            fields and errors. The page at / is a chat with them, beside their members alone.

            Keys are read from --api-key-file (one a line) and from the environment variable \
            EFT_API_KEY (several with commas); without any, everyone who reaches the port is let \
            in, but not web pages of other sites (see --allow-origin), and only under the server's own \
            names (see --allow-host). TLS is for a reverse proxy in front.

            Ctrl-C lets running replies finish, takes no new ones, and stops; a second one stops at once.
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
            "Another name by which a server without a key may be asked; can be repeated.",
            valueName: "name"))
    var allowHost: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            A site whose web pages may use the server, such as https://app.example.org, or * for all; can be \
            repeated.
            """, valueName: "origin"))
    var allowOrigin: [String] = []

    @OptionGroup var flags: DeploymentFlags

    @Flag(help: "Refuse requests for a member alone: serve what the recipes declare, only.")
    var noMembers = false

    @Option(help: ArgumentHelp("Bytes of a request at most.", valueName: "bytes"))
    var maxBody = 4 << 20

    @Option(help: ArgumentHelp("Seconds in which a request must arrive.", valueName: "seconds"))
    var readTimeout = 30

    @Option(help: ArgumentHelp("Seconds that a reply may take.", valueName: "seconds"))
    var replyTimeout = 600

    func validate() throws {
        if recipes.isEmpty { throw ValidationError("Give at least one recipe.") }
        try DeploymentFlags.check("port", port, 0...65535)
        _ = try allowedHosts
        _ = try allowedOrigins
        try DeploymentFlags.check("max-body", maxBody, 1024...1 << 30)
        try DeploymentFlags.check("read-timeout", readTimeout, 1...3600)
        try DeploymentFlags.check("reply-timeout", replyTimeout, 1...86_400)
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let keys = try apiKeys()
        let deployments = try await flags.deployments(recipes, servesMembers: !noMembers)
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
                keys: keys, allowedHosts: try allowedHosts, allowedOrigins: try allowedOrigins,
                isStrict: flags.strict, bodyLimit: maxBody, readTimeout: .seconds(readTimeout),
                replyTimeout: .seconds(replyTimeout)), logger: logger)
        let names = deployments.map(\.name).joined(separator: ", ")
        try await server.run(
            host: host, port: port, onStopping: DeploymentFlags.noteStopping
        ) { port in
            Console.note("serving \(names) on http://\(host):\(port)/v1")
            Console.note("playground: http://\(host):\(port)/")
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
