import ArgumentParser
import Foundation
import Logging
import Serving

struct PlaygroundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playground",
        abstract: "Open a browser page to chat with a composite and compare it with its members.",
        discussion: """
            Serves the recipes to this machine only, and opens a page for them. Every parameter of a \
            formula is a slider, and every token shows how likely each member found it. Ctrl-C stops.
            """)

    @Argument(help: "Recipes, or folders of them.")
    var recipes: [String]

    @Option(help: ArgumentHelp("Port to listen on. 0 takes any free port.", valueName: "number"))
    var port = 0

    @Flag(help: "Print the page's address instead of opening the browser.")
    var noOpen = false

    @OptionGroup var flags: DeploymentFlags

    func validate() throws {
        try DeploymentFlags.check("port", port, 0...65535)
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let deployments = try await flags.deployments(recipes, servesMembers: true)
        var logger = Logger(label: "eft", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .notice
        let opens = !noOpen
        let server = Server(
            deployments, options: ServerOptions(isStrict: flags.strict), logger: logger)
        try await server.run(
            host: "127.0.0.1", port: port, onStopping: DeploymentFlags.noteStopping
        ) { port in
            let address = "http://127.0.0.1:\(port)/"
            Console.note("playground: \(address)")
            if opens, !Browser.open(address) {
                Console.note("no browser could be opened; open the address yourself")
            }
        }
    }
}

/// The desktop's web browser.
enum Browser {
    #if os(macOS)
        private static let opener = "open"
    #else
        private static let opener = "xdg-open"
    #endif

    /// Opens an address; whether there was something to open it with.
    static func open(_ address: String) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.map { "\($0)/\(opener)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
            return false
        }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = [address]
        // What browsers print is not for this terminal.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return (try? process.run()) != nil
    }
}
