import EmulatedFineTuning
import Foundation
import Hummingbird

extension Server {
    /// `POST /v1/completions`.
    func completion(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try CompletionRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.common.model)
        var reply = try CompletionReply(body, deployment)
        if body.echo, body.topLogProbabilities != nil {
            // A prompt's first token follows nothing: a prompt of one has no scores.
            let scored = reply.scoring
            let generation = try await Generation(
                scored.map(\.request), of: deployment, self, context)
            try await reply.score(generation, of: scored.map(\.prompt))
        }
        guard !reply.choices.isEmpty else { return Response(json: reply.echoOnly) }
        if let chains = reply.chains {
            let generation = try await Generation(
                chains.map(\.request), of: deployment, self, context)
            return Response(json: try await reply.complete(generation, chains))
        }
        let generation = try await Generation(reply.choices, of: deployment, self, context)
        let ready = reply
        guard let stream = body.common.stream else {
            return Response(json: try await ready.complete(generation))
        }
        return EventStream.response { events in
            try await ready.write(generation, to: &events, stream)
        }
    }
}

/// The answer to one completion request, whole or in pieces.
private struct CompletionReply {
    /// Choices of all prompts: those of a prompt follow each other. Empty when only prompts are scored.
    let choices: [GenerationRequest]
    private let prompts: [GenerationRequest]
    private var echoes: [PromptEcho]
    private let deployment: Deployment
    private let body: CompletionRequest
    private let id = "cmpl-\(UUID().uuidString.lowercased())"
    private let created = Int(Date().timeIntervalSince1970)

    init(_ body: CompletionRequest, _ deployment: Deployment) throws {
        self.body = body
        self.deployment = deployment
        let vocabulary = deployment.engine.composite.vocabulary
        // Also where nothing is generated: every choice repeats its prompt.
        try deployment.engine.requireRoom(replies: body.prompts.count * body.common.choices)
        let constraint = try deployment.constraint(body.form)
        var members: [String: [TokenID]] = [:]
        for (member, text) in try body.common.members.texts(deployment) {
            members[member] = try deployment.encode(text, body.rawText, for: member)
        }
        prompts = try body.prompts.map { prompt in
            let tokens =
                switch prompt {
                case .text(let text): try deployment.encode(text, body.rawText)
                case .tokens(let tokens): tokens
                }
            if tokens.isEmpty { throw GenerationError.emptyPrompt }
            for token in tokens where token >= vocabulary.count {
                throw GenerationError.unknownToken(token, vocabulary: vocabulary.count)
            }
            var request = deployment.request(continuing: tokens, prompts: members)
            try body.common.apply(to: &request, deployment)
            // With 0 there is no reply, and no limit to it.
            try deployment.limit(
                &request, to: body.maxTokens == 0 ? 1 : body.maxTokens, field: "max_tokens")
            request.topLogProbabilities = body.topLogProbabilities ?? 0
            request.reportedTokens = body.reportedTokens
            request.constraint = constraint
            return request
        }
        choices = body.maxTokens == 0 ? [] : prompts.flatMap { $0.choices(body.common.choices) }
        let added = try body.rawText.added(by: deployment.tokenizer)
        echoes = zip(body.prompts, prompts).map { prompt, request in
            // Without an echo, what is generated is all there is.
            guard body.echo else {
                return PromptEcho(
                    scores: body.topLogProbabilities != nil,
                    namesTokensByID: body.namesTokensByID)
            }
            return PromptEcho(
                prompt, request.prompt, vocabulary, added: added,
                scores: body.topLogProbabilities != nil, namesTokensByID: body.namesTokensByID)
        }
    }

    /// The requests that score the prompts, and which prompt each scores.
    var scoring: [(prompt: Int, request: GenerationRequest)] {
        prompts.enumerated().compactMap { index, request in
            guard request.prompt.count > 1 else { return nil }
            var request = request
            request.kind = .score(Array(request.prompt.dropFirst()))
            request.prompt = Array(request.prompt.prefix(1))
            request.attributions = false
            return (index, request)
        }
    }

    /// Adds the prompts' scores to what is echoed.
    mutating func score(_ generation: Generation, of prompts: [Int]) async throws {
        let vocabulary = deployment.engine.composite.vocabulary
        let scores = try await generation.collect()
        for (index, reply) in zip(prompts, scores) {
            guard reply.result != nil else { throw CancellationError() }
            for token in reply.tokens { echoes[index].append(ofPrompt: token, vocabulary) }
        }
    }

    /// The prompts as chains that are scored in one pass each; nil when the next token is to be drawn
    /// of each, or nothing is asked about chosen tokens.
    var chains: [PromptChain]? {
        guard !body.reportedTokens.isEmpty, body.maxTokens == 1, body.common.choices == 1,
            !body.echo, body.common.stream == nil,
            prompts.allSatisfy({ request in
                request.sampling == .greedy && request.stop.isEmpty && !request.attributions
                    && request.constraint == nil
            })
        else { return nil }
        return PromptChain.chains(prompts)
    }

    /// The answer from chains: every prompt's next token is the likeliest after it.
    func complete(_ generation: Generation, _ chains: [PromptChain]) async throws -> Completion {
        var count = usage
        count.add(tokens: prompts.count)
        let replies = try await generation.collect()
        let composite = deployment.engine.composite
        var answers: [Completion.Choice] = []
        for (index, (chain, reply)) in zip(chains, replies).enumerated() {
            guard let result = reply.result else { throw CancellationError() }
            count.add(result, of: index)
            for (var token, prompt) in zip(reply.tokens, chain.prompts) {
                PromptChain.say(&token)
                let ends =
                    !prompts[prompt].ignoresEnd && composite.endsOfGeneration.contains(token.id)
                var echo = echoes[prompt]
                answers.append(
                    Completion.Choice(
                        index: prompt,
                        text: composite.vocabulary.text(of: [token.id], control: false),
                        logprobs: logProbabilities(&echo, [token]),
                        finishReason: ends ? "stop" : "length"))
            }
        }
        return completion(answers, count.usage)
    }

    /// The answer when nothing is to be generated.
    var echoOnly: Completion {
        let answers = echoes.indices.flatMap { prompt in
            (0..<body.common.choices).map { choice in
                Completion.Choice(
                    index: prompt * body.common.choices + choice, text: echoes[prompt].text,
                    logprobs: echoes[prompt].logProbabilities, finishReason: "length")
            }
        }
        return completion(answers, usage.usage)
    }

    func complete(_ generation: Generation) async throws -> Completion {
        var count = usage
        let replies = try await generation.collect()
        var answers: [Completion.Choice] = []
        for (index, reply) in replies.enumerated() {
            guard let result = reply.result else { throw CancellationError() }
            count.add(tokens: reply.tokens.count)
            count.add(result, of: index)
            var echo = echoes[index / body.common.choices]
            answers.append(
                Completion.Choice(
                    index: index, text: echo.text + reply.text,
                    logprobs: logProbabilities(&echo, reply.tokens),
                    finishReason: result.reason.name,
                    eft: EftChoice(
                        reply.tokens, deployment.engine.composite, statistics(result))))
        }
        return completion(answers, count.usage)
    }

    func write(
        _ generation: Generation, to events: inout EventStream, _ stream: StreamFields
    ) async throws {
        var count = usage
        // Where the next token of each choice begins.
        var offsets = choices.indices.map { echoes[$0 / body.common.choices].end }
        func send(_ choice: Completion.Choice, to events: inout EventStream) async throws {
            try await events.send(
                completion([choice], stream.isUsageContinuous ? count.usage : nil))
        }
        if body.echo {
            for index in choices.indices {
                let echo = echoes[index / body.common.choices]
                try await send(
                    .init(index: index, text: echo.text, logprobs: echo.logProbabilities),
                    to: &events)
            }
        }
        try await generation.follow { index, event in
            switch event {
            case .token(let token):
                count.add(tokens: 1)
                let isSaid = body.topLogProbabilities != nil || body.common.eft.attributions
                guard !token.text.isEmpty || isSaid else { return }
                var piece = PromptEcho(
                    startingAt: offsets[index], scores: isScored,
                    namesTokensByID: body.namesTokensByID)
                let logprobs = logProbabilities(&piece, [token])
                offsets[index] = piece.end
                try await send(
                    .init(
                        index: index, text: token.text, logprobs: logprobs,
                        eft: EftChoice([token], deployment.engine.composite)), to: &events)
            case .finished(let result):
                count.add(result, of: index)
                try await send(
                    .init(
                        index: index, text: result.text, finishReason: result.reason.name,
                        eft: EftChoice([], deployment.engine.composite, statistics(result))),
                    to: &events)
            }
        }
        if stream.includesUsage { try await events.send(completion([], count.usage)) }
    }

    private var isScored: Bool { body.topLogProbabilities != nil }

    private func statistics(_ result: GenerationResult) -> GenerationStatistics? {
        body.common.eft.attributions ? result.statistics : nil
    }

    private var usage: UsageCount {
        UsageCount(prompts, choicesPerPrompt: body.common.choices)
    }

    private func logProbabilities(
        _ echo: inout PromptEcho, _ tokens: [GeneratedToken]
    ) -> CompletionLogProbabilities? {
        // The token that ends the reply, too: lm-eval counts on one for every generated token.
        for token in tokens { echo.append(token, deployment.engine.composite.vocabulary) }
        return echo.logProbabilities
    }

    private func completion(_ choices: [Completion.Choice], _ usage: Usage?) -> Completion {
        Completion(
            id: id, created: created, model: deployment.name,
            systemFingerprint: deployment.fingerprint, choices: choices, usage: usage)
    }
}
