import ChatTemplates
import EmulatedFineTuning
import Foundation
import Hummingbird
import Recipes
import ToolCalls

extension Server {
    /// `POST /v1/chat/completions`.
    func chatCompletion(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try ChatCompletionRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.common.model)
        do {
            let reply = try ChatReply(body, deployment)
            let generation = try await Generation(reply.choices, of: deployment, self, context)
            guard let stream = body.common.stream else {
                return Response(json: try await reply.complete(generation))
            }
            return EventStream.response { events in
                try await reply.write(generation, to: &events, stream)
            }
        } catch {
            var error = APIError(error)
            if error.param == "prompt" { error.param = "messages" }
            throw error
        }
    }
}

/// The answer to one chat request, whole or in pieces.
private struct ChatReply {
    let choices: [GenerationRequest]
    private let deployment: Deployment
    private let body: ChatCompletionRequest
    private let id = "chatcmpl-\(UUID().uuidString.lowercased())"
    private let created = Int(Date().timeIntervalSince1970)

    init(_ body: ChatCompletionRequest, _ deployment: Deployment) throws {
        self.body = body
        self.deployment = deployment
        choices = try body.generationRequest(deployment).choices(body.common.choices)
    }

    /// Finds calls and thoughts in one of the replies.
    private var parser: ReplyParser { body.parser(deployment, choices[0]) }

    /// Why a reply ended, to a client.
    private func reason(_ result: GenerationResult, calls: Int) -> String {
        calls > 0 && body.isEnd(result.reason) ? "tool_calls" : result.reason.name
    }

    func complete(_ generation: Generation) async throws -> ChatCompletion {
        var count = usage
        let replies = try await generation.collect()
        var answers: [ChatCompletion.Choice] = []
        for (index, reply) in replies.enumerated() {
            guard let result = reply.result else { throw CancellationError() }
            var parser = parser
            let said = SaidParts(
                parser.append(reply.text) + parser.finish(isCut: result.reason == .length))
            count.add(tokens: reply.tokens.count)
            count.add(result, of: index)
            answers.append(
                ChatCompletion.Choice(
                    index: index, message: said.message,
                    logprobs: logProbabilities(reply.tokens),
                    finishReason: reason(result, calls: said.calls.count),
                    eft: EftChoice(
                        reply.tokens, deployment.engine.composite, statistics(result))))
        }
        return ChatCompletion(
            id: id, created: created, model: deployment.name,
            systemFingerprint: deployment.fingerprint, choices: answers, usage: count.usage)
    }

    func write(
        _ generation: Generation, to events: inout EventStream, _ stream: StreamFields
    ) async throws {
        var count = usage
        var parsers = choices.map { _ in parser }
        var calls = choices.map { _ in 0 }
        func chunk(
            _ index: Int, _ delta: ChatCompletionChunk.Delta, _ tokens: [GeneratedToken] = [],
            _ result: GenerationResult? = nil
        ) -> ChatCompletionChunk {
            ChatCompletionChunk(
                id: id, created: created, model: deployment.name,
                systemFingerprint: deployment.fingerprint,
                choices: [
                    .init(
                        index: index, delta: delta,
                        logprobs: tokens.isEmpty ? nil : logProbabilities(tokens),
                        finishReason: result.map { reason($0, calls: calls[index]) },
                        eft: EftChoice(
                            tokens, deployment.engine.composite, result.flatMap(statistics)))
                ], usage: stream.isUsageContinuous ? count.usage : nil)
        }
        for index in choices.indices {
            try await events.send(chunk(index, .init(role: "assistant")))
        }
        try await generation.follow { index, event in
            var deltas: [ChatCompletionChunk.Delta] = []
            func add(_ pieces: [ReplyParser.Piece]) {
                for piece in pieces {
                    deltas.append(.init(piece, call: calls[index]))
                    if case .call = piece { calls[index] += 1 }
                }
            }
            switch event {
            case .token(let token):
                count.add(tokens: 1)
                add(parsers[index].append(token.text))
                // Log-probabilities come with every token, whether it says something or not.
                let isSaid = body.topLogProbabilities != nil || body.common.eft.attributions
                if deltas.isEmpty, isSaid { deltas = [.init(content: "")] }
                for (place, delta) in deltas.enumerated() {
                    try await events.send(chunk(index, delta, place == 0 ? [token] : []))
                }
            case .finished(let result):
                count.add(result, of: index)
                add(parsers[index].append(result.text))
                add(parsers[index].finish(isCut: result.reason == .length))
                for delta in deltas.dropLast() { try await events.send(chunk(index, delta)) }
                try await events.send(chunk(index, deltas.last ?? .init(), [], result))
            }
        }
        if stream.includesUsage {
            try await events.send(
                ChatCompletionChunk(
                    id: id, created: created, model: deployment.name,
                    systemFingerprint: deployment.fingerprint, choices: [],
                    usage: count.usage))
        }
    }

    private func statistics(_ result: GenerationResult) -> GenerationStatistics? {
        body.common.eft.attributions ? result.statistics : nil
    }

    private var usage: UsageCount {
        UsageCount(Array(choices.prefix(1)), choicesPerPrompt: body.common.choices)
    }

    private func logProbabilities(_ tokens: [GeneratedToken]) -> ChatLogProbabilities? {
        guard body.topLogProbabilities != nil else { return nil }
        let said = tokens.filter { !deployment.ends($0, choices[0]) }
        return ChatLogProbabilities(said, deployment.engine.composite.vocabulary)
    }
}

extension GenerationRequest {
    /// The request, once for every choice.
    func choices(_ count: Int) -> [GenerationRequest] {
        (0..<count).map { choice in
            var request = self
            request.choice = UInt32(choice)
            return request
        }
    }
}

extension Deployment {
    /// Whether a token only ends a reply: it is no part of what was said.
    func ends(_ token: GeneratedToken, _ request: GenerationRequest) -> Bool {
        !request.ignoresEnd && engine.composite.endsOfGeneration.contains(token.id)
    }
}
