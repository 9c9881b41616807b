import ArgumentParser
import LlamaBackend

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

            is a distribution over next tokens: what the large model knows, said the way the chat \
            model learned to. A recipe (a YAML file) names the models and the formula.

            Examples:
              eft generate Recipes/atlas.yaml "What is the capital of Portugal?"
              eft chat Recipes/atlas.yaml
              eft generate --member large=l.gguf --member small=s.gguf \\
                  --member chat=c.gguf --formula 'large + chat - small' \\
                  "Why is the sky blue?"

            Exit codes: 0 done, 1 the work failed, 64 the command line is wrong.
            """,
        version: version,
        subcommands: [
            GenerateCommand.self, ChatCommand.self, CompareCommand.self, ScoreCommand.self,
            PromptCommand.self, InspectCommand.self, BenchCommand.self, ServeCommand.self,
            PlaygroundCommand.self, StudyCommand.self, RewardCommand.self, FitCommand.self,
        ])

    static var version: String {
        "eft 0.1.0, libllama \(LlamaRuntime.version), \(LlamaRuntime.kernels)"
    }
}
