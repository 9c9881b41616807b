import ArgumentParser
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes

/// The tool: one file a subcommand.
@main
struct Eft: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eft",
        abstract: "Decode from a composite of language models as if it were one model.",
        discussion: """
            Emulated fine-tuning lends the behaviour of a small fine-tuned model to a large \
            pre-trained one, with no training:

                large + chat - small

            is a distribution over next tokens: it has the knowledge of the large model and the \
            manner of the chat model. A recipe (a YAML file) names the models and the formula.

            Examples:
              eft generate Recipes/atlas.yaml "What is the capital of Portugal?"
              eft chat Recipes/atlas.yaml
              eft generate --member large=l.gguf --member small=s.gguf \\
                  --member chat=c.gguf --formula 'large + chat - small' \\
                  "Why is the sky blue?"

            Exit codes: 0 success, 1 failure, 64 error in the command line.
            """,
        version: version,
        subcommands: [
            GenerateCommand.self, ChatCommand.self, CompareCommand.self, ScoreCommand.self,
            PromptCommand.self, InspectCommand.self, BenchCommand.self, ServeCommand.self,
            PlaygroundCommand.self, StudyCommand.self, RewardCommand.self, FitCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let text = fullMessage(for: error)
            let better = renamingOption(in: text)
            guard better != text else { exit(withError: error) }
            Console.writeError(better + "\n")
            Foundation.exit(exitCode(for: error).rawValue)
        }
    }

    /// The message about an unknown option, with what llama.cpp's or Ollama's name for it is called here in
    /// place of what is spelled alike.
    static func renamingOption(in message: String) -> String {
        let unknown = /Unknown option '--([A-Za-z_-]+)'(\. Did you mean '[^']*'\?)?/
        guard let found = message.firstMatch(of: unknown),
            let names = String(found.1).ourNames
        else { return message }
        let options =
            GenerationDefaults.keys + [
                "seed", "context", "threads", "gpu_layers", "sequences", "cache_type",
                "flash_attention",
            ]
        let ours = names.first(where: options.contains)
        let hint = ours.map { ". Did you mean '--\($0.replacing("_", with: "-"))'?" } ?? ""
        return message.replacingCharacters(
            in: found.range, with: "Unknown option '--\(found.1)'\(hint)")
    }

    static var version: String {
        "eft 0.1.0, libllama \(LlamaRuntime.version), \(LlamaRuntime.kernels)"
    }
}
