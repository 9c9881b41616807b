import ChatTemplates
import EmulatedFineTuning
import Foundation
import Hummingbird

extension Server {
    /// `POST /v1/messages`, as Anthropic has it.
    func messages(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try MessagesRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.common.model)
        let reply = try MessageReply(body, deployment)
        let generation = try await Generation([reply.request], of: deployment, self, context)
        guard body.common.stream != nil else {
            return Response(json: try await reply.complete(generation))
        }
        return EventStream.response(ending: nil) { events in
            try await reply.write(generation, to: &events)
        }
    }

    /// `POST /v1/messages/count_tokens`.
    func countTokens(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try CountTokensRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.prompt.model)
        var template = deployment.templateOptions
        try template.set(body.prompt.variables)
        let request = try deployment.request(for: body.prompt.messages, options: template)
        let usage = UsageCount([request], choicesPerPrompt: 1).usage
        return Response(json: CountTokensResponse(inputTokens: usage.promptTokens))
    }
}

/// The answer to one messages request, whole or in events.
private struct MessageReply {
    let request: GenerationRequest
    private let deployment: Deployment
    private let sequences: [String]
    private let id = "msg_\(UUID().uuidString.lowercased())"

    init(_ body: MessagesRequest, _ deployment: Deployment) throws {
        self.deployment = deployment
        sequences = body.common.stop
        request = try body.generationRequest(deployment)
    }

    func complete(_ generation: Generation) async throws -> MessageObject {
        var reply = Reply()
        try await generation.follow { _, event in reply.append(event) }
        guard let result = reply.result else { throw CancellationError() }
        let end = MessageEnd(result.reason, sequences: sequences)
        return MessageObject(
            id: id, model: deployment.name, content: [.init(text: reply.text)],
            stopReason: end.stopReason, stopSequence: end.stopSequence,
            usage: .init(usage(reply.tokens.count, result)),
            eft: EftChoice(reply.tokens, deployment.engine.composite, statistics(result)))
    }

    func write(_ generation: Generation, to events: inout EventStream) async throws {
        func send(_ event: MessageEvent, to events: inout EventStream) async throws {
            try await events.send(event, as: event.type.rawValue)
        }
        do {
            let start = MessageObject(
                id: id, model: deployment.name, content: [], usage: .init(usage(0, nil)))
            try await send(.start(start), to: &events)
            try await send(.blockStart, to: &events)
            try await send(.ping, to: &events)
            var count = 0
            var result: GenerationResult?
            try await generation.follow { _, event in
                switch event {
                case .token(let token):
                    count += 1
                    let eft = EftChoice([token], deployment.engine.composite)
                    guard !token.text.isEmpty || eft != nil else { return }
                    try await send(.text(token.text, eft), to: &events)
                case .finished(let end):
                    result = end
                    if !end.text.isEmpty { try await send(.text(end.text, nil), to: &events) }
                }
            }
            guard let result else { throw CancellationError() }
            try await send(.blockStop, to: &events)
            try await send(
                .end(
                    MessageEnd(result.reason, sequences: sequences), .init(usage(count, result)),
                    EftChoice([], deployment.engine.composite, statistics(result))), to: &events)
            try await send(.stop, to: &events)
        } catch {
            try await events.send(MessagesError(APIError(error)), as: "error")
        }
    }

    private func statistics(_ result: GenerationResult) -> GenerationStatistics? {
        request.attributions ? result.statistics : nil
    }

    private func usage(_ tokens: Int, _ result: GenerationResult?) -> Usage {
        var count = UsageCount([request], choicesPerPrompt: 1)
        count.add(tokens: tokens)
        if let result { count.add(result, of: 0) }
        return count.usage
    }
}
