import EmulatedFineTuning

/// What the choices of a request take together, as it grows.
struct UsageCount {
    /// Tokens of all prompts; each counts once, however many choices it has.
    private let prompts: Int
    private let choicesPerPrompt: Int
    private var cached = 0
    private var generated = 0

    init(_ prompts: [GenerationRequest], choicesPerPrompt: Int) {
        self.prompts = prompts.reduce(0) { sum, request in
            sum + (request.prompts.values.map(\.count) + [request.prompt.count]).reduce(0, max)
        }
        self.choicesPerPrompt = choicesPerPrompt
    }

    mutating func add(tokens: Int) { generated += tokens }

    /// What was cached of a prompt counts as its first choice found it.
    mutating func add(_ result: GenerationResult, of choice: Int) {
        guard choice % choicesPerPrompt == 0 else { return }
        cached += result.statistics.cachedPrefix
    }

    var usage: Usage { Usage(prompt: prompts, completion: generated, cached: cached) }
}
