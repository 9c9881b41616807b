import ArgumentParser
import EmulatedFineTuning
import LlamaBackend
import Recipes

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Chat with a composite. Ctrl-C stops a reply, Ctrl-D leaves.")

    static let help = """
        /set NAME=VALUE   set a parameter of the formula, or temperature, top_p, max_tokens, seed
        /set              show what is set
        /reset            forget the conversation
        /help             this list
        /quit             leave (also Ctrl-D)
        """

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions
    @OptionGroup(title: "Sampling") var sampling: SamplingFlags

    @Option(help: "A system message that begins the conversation.")
    var system: String?

    func validate() throws {
        if composite.isAdHoc == (recipe != nil) {
            throw ValidationError("Give either a recipe or members with --member.")
        }
    }

    func run() async throws {
        let session = try await Session(composite, recipe: recipe)
        session.announce(sampling.speculation)
        var conversation = Conversation(session, sampling, system: system)
        let interrupts = Interrupts()
        Console.note("\(session.engine.composite.formula); /help lists the commands")
        while let line = nextLine() {
            switch line.trimmed {
            case "": continue
            case "/quit", "/exit": return
            case "/help": Console.writeLine(Self.help)
            case "/reset": conversation.reset()
            case let command where command.hasPrefix("/"):
                Console.writeLine(conversation.execute(command))
            case let text:
                await conversation.say(text, interrupts)
            }
        }
    }

    private func nextLine() -> String? {
        if Console.isInputTerminal { Console.write("> ") }
        let line = readLine()
        if line == nil, Console.isInputTerminal { Console.writeLine() }
        return line
    }
}
