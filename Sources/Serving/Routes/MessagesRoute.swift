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
        let request = try body.prompt.prompt(for: deployment)
        let usage = UsageCount([request], choicesPerPrompt: 1).usage
        return Response(json: CountTokensResponse(inputTokens: usage.promptTokens))
    }
}

/// The answer to one messages request, whole or in events.
private struct MessageReply {
    let request: GenerationRequest
    private let deployment: Deployment
    private let body: MessagesRequest
    private let id = "msg_\(UUID().uuidString.lowercased())"

    init(_ body: MessagesRequest, _ deployment: Deployment) throws {
        self.body = body
        self.deployment = deployment
        request = try body.generationRequest(deployment)
    }

    private var blocks: ReplyBlocks { ReplyBlocks(body.parser(deployment, request)) }

    func complete(_ generation: Generation) async throws -> MessageObject {
        var (reply, blocks) = (Reply(), blocks)
        try await generation.follow { _, event in
            reply.append(event)
            _ = blocks.append(event)
        }
        guard let result = reply.result else { throw CancellationError() }
        let end = end(result, blocks)
        return MessageObject(
            id: id, model: deployment.name, content: blocks.blocks.map { .init($0) },
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
            try await send(.ping, to: &events)
            var blocks = blocks
            var count = 0
            /// Tokens that no event has told of.
            var untold: [GeneratedToken] = []
            var result: GenerationResult?
            try await generation.follow { _, event in
                switch event {
                case .token(let token):
                    count += 1
                    untold.append(token)
                case .finished(let end): result = end
                }
                for change in blocks.append(event) {
                    var event = MessageEvent(change, blocks)
                    if event.type == .blockDelta {
                        event.eft = EftChoice(untold, deployment.engine.composite)
                        untold = []
                    }
                    try await send(event, to: &events)
                }
            }
            guard let result else { throw CancellationError() }
            try await send(
                .end(
                    end(result, blocks), .init(usage(count, result)),
                    EftChoice(untold, deployment.engine.composite, statistics(result))),
                to: &events)
            try await send(.stop, to: &events)
        } catch {
            try await events.send(MessagesError(APIError(error)), as: "error")
        }
    }

    private func end(_ result: GenerationResult, _ blocks: ReplyBlocks) -> MessageEnd {
        MessageEnd(
            result.reason, sequences: body.common.stop,
            isCall: blocks.holdsCalls && body.isEnd(result.reason))
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
