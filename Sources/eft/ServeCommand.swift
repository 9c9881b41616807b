import ArgumentParser
import Foundation
import Logging
import Serving

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve recipes behind an OpenAI-compatible API.",
        discussion: """
            Every recipe becomes a model with the recipe's name. Documentation/serving.md describes \
            routes, fields and errors. The page at / lets you chat with the recipes and compare them \
            with their members.

            Keys are read from --api-key-file (one per line) and from the environment variable \
            EFT_API_KEY (separated by commas). Without keys, anyone who can reach the port can use \
            the server, but only under its own names (see --allow-host), and not from web pages of \
            other sites (see --allow-origin). For TLS, put a reverse proxy in front.

            Ctrl-C refuses new requests, lets running replies finish, and stops. A second Ctrl-C \
            stops at once.
            """)

    @Argument(help: "Recipes, or folders of them.")
    var recipes: [String]

    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Port to listen on. 0 takes any free port.", valueName: "number"))
    var port = 8080

    @Option(
        help: ArgumentHelp(
            "File of API keys, one per line. A line that starts with # is a comment.",
            valueName: "file"))
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

    @Flag(
        help: """
            Refuse requests for a single member; serve only the composites that the recipes declare.
            """)
    var noMembers = false

    @Option(help: ArgumentHelp("Maximum size of a request, in bytes.", valueName: "bytes"))
    var maxBody = 4 << 20

    @Option(
        help: ArgumentHelp("Seconds that a client has to send a request.", valueName: "seconds"))
    var readTimeout = 30

    @Option(
        help: ArgumentHelp(
            "Maximum seconds for a reply, including its wait in the queue.", valueName: "seconds"))
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
                throw InputError("The file of API keys must contain a key: \(apiKeyFile) has none.")
            }
            keys += named
        }
        return keys.filter { !$0.isEmpty }
    }
}
