import CLlama
import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

/// A composite of one member against llama.cpp itself, called directly.
@Suite struct GreedyTextTests {
    @Test(
        "greedy text of a single member equals llama.cpp's own",
        arguments: ["large-base.gguf", "small-base.gguf", "small-chat.gguf"])
    func greedyTextOfASingleMemberEqualsLlamaCppSOwn(file: String) async throws {
        let prompt = "The capital of Peru is"
        let model = try LlamaModel(
            path: RepositoryFiles.atlas(file),
            options: LlamaOptions(threads: 1, context: 256, sequences: 1))
        let tokens = try model.tokenizer.encode(prompt, start: true, control: false)
        let engine = Engine(
            try Composite(members: [Member("a", model)], formula: "a"))
        var ours: [TokenID] = []
        let request = GenerationRequest(
            prompt: tokens, sampling: .greedy, maxTokens: 120, ignoresEnd: true)
        for try await event in engine.generate(request) {
            if case .token(let token) = event { ours.append(token.id) }
        }
        #expect(try ours == llamaGreedy(file, tokens, count: 120))
    }

    /// llama.cpp's own loop: decode, greedy sampler, one token at a time, all options at their defaults.
    private func llamaGreedy(_ file: String, _ prompt: [TokenID], count: Int) throws -> [TokenID] {
        let model = try #require(
            llama_model_load_from_file(RepositoryFiles.atlas(file), llama_model_default_params()))
        defer { llama_model_free(model) }
        var parameters = llama_context_default_params()
        parameters.n_ctx = 256
        parameters.n_threads = 1
        parameters.n_threads_batch = 1
        let context = try #require(llama_init_from_model(model, parameters))
        defer { llama_free(context) }
        let sampler = try #require(llama_sampler_init_greedy())
        defer { llama_sampler_free(sampler) }
        // As our engine does: all but the prompt's last token first, then one token a pass.
        var pending = prompt.dropLast().map(llama_token.init)
        let filled = llama_decode(context, llama_batch_get_one(&pending, Int32(pending.count)))
        try #require(filled == 0)
        var next = [llama_token(prompt[prompt.count - 1])]
        var tokens: [TokenID] = []
        for _ in 0..<count {
            try #require(llama_decode(context, llama_batch_get_one(&next, 1)) == 0)
            next = [llama_sampler_sample(sampler, context, -1)]
            tokens.append(TokenID(next[0]))
        }
        return tokens
    }
}
