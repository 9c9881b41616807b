import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes
import Synchronization

/// A chat with a composite: its history and settings.
struct Conversation {
    private let session: Session
    private var flags: SamplingFlags
    private var parameters: [String: Double]
    private let system: String?
    private(set) var messages: [ChatMessage] = []

    init(_ session: Session, _ flags: SamplingFlags, system: String?) {
        self.session = session
        self.flags = flags
        self.system = system
        parameters = session.parameters
        reset()
    }

    mutating func reset() {
        messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    }

    /// Sends a message and streams the reply. A reply that was stopped stays in the history as far as it
    /// came; a reply that failed is removed from it, together with its question.
    mutating func say(_ text: String, _ interrupts: Interrupts) async {
        messages.append(ChatMessage(role: "user", content: text))
        do {
            let request = try request()
            let said = Said()
            let task = Task { [engine = session.engine] in
                try await engine.generate(request).collect { piece in
                    said.append(piece)
                    Console.write(piece)
                }
            }
            let outcome = await interrupts.during({ task.cancel() }, { await task.result })
            Console.writeLine()
            switch outcome {
            case .success(let reply):
                if reply.result?.reason == .length {
                    Console.note("the reply was cut at \(request.maxTokens) tokens")
                }
            case .failure(is CancellationError): Console.note("stopped")
            case .failure(let error): throw error
            }
            messages.append(ChatMessage(role: "assistant", content: said.text))
        } catch {
            messages.removeLast()
            Console.note("\(error)")
            if case GenerationError.promptTooLong = error {
                Console.note("the conversation fills the context; /reset begins a new one")
            }
        }
    }

    /// Runs a `/set` command; returns what to show.
    mutating func execute(_ command: String) -> String {
        let parts = command.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts[0] == "/set" else {
            return "There is no command `\(parts[0])`; /help lists the commands."
        }
        guard parts.count == 2 else { return settings }
        guard let setting = Assignment(argument: parts[1].replacing(" ", with: "")) else {
            return "Write it like /set lambda=0.3."
        }
        do {
            try set(setting)
            return settings
        } catch {
            return "\(error)"
        }
    }

    private mutating func set(_ setting: Assignment) throws {
        let previous = (flags, parameters)
        let value = try CompositeOptions.number(setting)
        switch setting.name {
        case "temperature": flags.temperature = value
        case "top_p": flags.topP = value
        case "max_tokens": flags.maxTokens = try whole(setting.name, value, from: 1)
        case "seed": flags.seed = UInt64(try whole(setting.name, value, from: 0))
        default:
            let own = ["temperature", "top_p", "max_tokens", "seed"]
            let used = session.loaded.recipe.usedParameters
            guard used.contains(setting.name) else {
                throw InputError(
                    "/set can change "
                        + (own + used).map { "`\($0)`" }.joined(separator: ", ")
                        + ": `\(setting.name)` is not one of them."
                        + setting.name.hint(among: own + used))
            }
            parameters[setting.name] = value
        }
        do {
            _ = try session.engine.composite.resolvedParameters(parameters)
            var request = GenerationRequest(prompt: [])
            try flags.apply(to: &request)
            try request.sampling.validate(vocabulary: session.engine.composite.vocabulary.count)
        } catch {
            (flags, parameters) = previous
            throw error
        }
    }

    private func whole(_ name: String, _ value: Double, from lowest: Int) throws -> Int {
        guard let whole = Int(exactly: value), whole >= lowest else {
            throw InputError(
                "`\(name)` must be a whole number from \(lowest): \(value.short) is not.")
        }
        return whole
    }

    private var settings: String {
        let parameters = (try? session.engine.composite.resolvedParameters(self.parameters)) ?? [:]
        var shown = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.short)" }
        let sampling = session.loaded.recipe.defaults.sampling
        shown.append("temperature=\((flags.temperature ?? sampling.temperature).short)")
        shown.append("top_p=\((flags.topP ?? sampling.topP).short)")
        if let limit = flags.maxTokens { shown.append("max_tokens=\(limit)") }
        if let seed = flags.seed { shown.append("seed=\(seed)") }
        return shown.joined(separator: " ")
    }

    private func request() throws -> GenerationRequest {
        var request = try session.request(Prompt(content: .chat(messages)), flags)
        request.parameters = parameters
        return request
    }
}

/// The pieces of a reply so far, also when it is stopped.
private final class Said: Sendable {
    private let pieces = Mutex("")

    func append(_ piece: String) { pieces.withLock { $0 += piece } }

    var text: String { pieces.withLock { $0 } }
}
