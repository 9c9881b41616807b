import EmulatedFineTuning
import LlamaBackend
import Recipes

/// A loaded recipe with an engine, and this command line's options on top.
struct Session {
    let loaded: LoadedRecipe
    let engine: Engine
    let parameters: [String: Double]

    /// - Parameter sequences: replies at once; nil: as many as the recipe says.
    init(_ options: CompositeOptions, recipe path: String?, sequences: Int? = nil) async throws {
        try Console.requireUTF8Arguments()
        var recipe = try options.recipe(path)
        recipe.options.sequences = sequences ?? recipe.options.sequences
        parameters = try options.parameters(recipe)
        loaded = try await LoadingDisplay.loading(recipe)
        engine = Engine(loaded.composite)
        loaded.notes.forEach(Console.note)
    }

    /// Prints a note if replies are decoded plainly although speculation was asked for.
    func announce(_ flags: SpeculationFlags) {
        var request = GenerationRequest(prompt: [], speculation: loaded.recipe.defaults.speculation)
        flags.apply(to: &request)
        guard request.speculation != .off, request.speculation != .block(0),
            let obstacle = engine.composite.speculationObstacle
        else { return }
        guard obstacle == .noDraft else {
            return Console.note(
                "no speculation, so every token costs a pass of every member: \(obstacle)")
        }
        // Unless it was asked for: most who run a member alone expect no draft member.
        if flags.isExplicit {
            Console.note("only repeated text and what a grammar forces is proposed: \(obstacle)")
        }
    }

    /// The request for a prompt, with the recipe's defaults and the flags over them.
    func request(
        _ prompt: Prompt, _ flags: SamplingFlags?, raw: RawFlags? = nil,
        members: MemberPromptFlags? = nil
    ) throws -> GenerationRequest {
        var request: GenerationRequest
        switch (prompt.content, raw) {
        case (.text(let text), let raw?) where raw.raw:
            request = try loaded.request(
                continuing: text, start: !raw.noBos, control: !raw.noParseSpecial,
                prompts: members?.texts(loaded) ?? [:])
            warn(ofTwoStarts: request.prompt, raw)
        case (.chat, let raw?) where raw.raw:
            throw InputError(
                "--raw takes texts: this prompt is a chat. Give `prompt`, not `messages`.")
        default:
            request = try loaded.request(
                for: prompt.messages, prompts: members?.chats(loaded) ?? [:])
        }
        request.parameters = parameters
        try flags?.apply(to: &request)
        return request
    }

    /// Prints a note if a prompt spells the start token that the model gets anyway.
    private func warn(ofTwoStarts prompt: [TokenID], _ raw: RawFlags) {
        let vocabulary = loaded.tunedModel.vocabulary
        guard !raw.noBos, let start = vocabulary.beginning, prompt.starts(with: [start, start])
        else { return }
        let name = String(decoding: vocabulary.tokens[start].bytes, as: UTF8.self)
        Console.note(
            "the prompt begins with two start tokens: its own `\(name)`, and the one that the model "
                + "always gets. Leave it out, or give --no-bos")
    }
}
