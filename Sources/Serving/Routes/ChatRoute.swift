import ChatTemplates
import EmulatedFineTuning
import Foundation
import Hummingbird

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

    func complete(_ generation: Generation) async throws -> ChatCompletion {
        var count = usage
        let replies = try await CollectedReply.collect(generation, choices: choices.count)
        var answers: [ChatCompletion.Choice] = []
        for (index, reply) in replies.enumerated() {
            guard let result = reply.result else { throw CancellationError() }
            count.add(tokens: reply.tokens.count)
            count.add(result, of: index)
            answers.append(
                ChatCompletion.Choice(
                    index: index, message: ChatCompletion.Message(content: reply.text),
                    logprobs: logProbabilities(reply.tokens), finishReason: result.reason.name,
                    eft: EftChoice(
                        reply.tokens, deployment.engine.composite, statistics(result))))
        }
        return ChatCompletion(
            id: id, created: created, model: deployment.name, choices: answers, usage: count.usage)
    }

    func write(
        _ generation: Generation, to events: inout EventStream, _ stream: StreamFields
    ) async throws {
        var count = usage
        func chunk(
            _ index: Int, _ delta: ChatCompletionChunk.Delta, _ tokens: [GeneratedToken] = [],
            _ result: GenerationResult? = nil
        ) -> ChatCompletionChunk {
            ChatCompletionChunk(
                id: id, created: created, model: deployment.name,
                choices: [
                    .init(
                        index: index, delta: delta,
                        logprobs: tokens.isEmpty ? nil : logProbabilities(tokens),
                        finishReason: result?.reason.name,
                        eft: EftChoice(
                            tokens, deployment.engine.composite, result.flatMap(statistics)))
                ], usage: stream.isUsageContinuous ? count.usage : nil)
        }
        for index in choices.indices {
            try await events.send(chunk(index, .init(role: "assistant", content: "")))
        }
        try await generation.follow { index, event in
            switch event {
            case .token(let token):
                count.add(tokens: 1)
                let isSaid = body.topLogProbabilities != nil || body.common.eft.attributions
                guard !token.text.isEmpty || isSaid else { return }
                try await events.send(chunk(index, .init(content: token.text), [token]))
            case .finished(let result):
                count.add(result, of: index)
                let rest = result.text.isEmpty ? nil : result.text
                try await events.send(chunk(index, .init(content: rest), [], result))
            }
        }
        if stream.includesUsage {
            try await events.send(
                ChatCompletionChunk(
                    id: id, created: created, model: deployment.name, choices: [],
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
