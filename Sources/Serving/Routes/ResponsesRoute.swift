import EmulatedFineTuning
import Foundation
import Hummingbird

extension Server {
    /// `POST /v1/responses`.
    func responses(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try ResponsesRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.common.model)
        do {
            let reply = try ResponsesReply(body, deployment)
            let generation = try await Generation([reply.request], of: deployment, self, context)
            guard body.common.stream != nil else {
                return Response(json: try await reply.complete(generation))
            }
            return EventStream.response(ending: nil) { events in
                try await reply.write(generation, to: &events)
            }
        } catch {
            throw ResponsesReply.renamed(APIError(error))
        }
    }
}

/// The answer to one responses request, whole or in events.
private struct ResponsesReply {
    let request: GenerationRequest
    private let deployment: Deployment
    private let body: ResponsesRequest
    private let start: ResponseObject

    init(_ body: ResponsesRequest, _ deployment: Deployment) throws {
        self.deployment = deployment
        self.body = body
        request = try body.generationRequest(deployment)
        start = ResponseObject(
            body, request, id: "resp_\(UUID().uuidString.lowercased())",
            createdAt: Int(Date().timeIntervalSince1970), model: deployment.name)
    }

    /// An error under the names that fields have here.
    static func renamed(_ error: APIError) -> APIError {
        let names = [
            "prompt": "input", "messages": "input", "max_tokens": "max_output_tokens",
        ]
        var error = error
        error.param = error.param.map { names[$0] ?? $0 }
        return error
    }

    private var blocks: ReplyBlocks { ReplyBlocks(body.parser(deployment, request)) }

    func complete(_ generation: Generation) async throws -> ResponseObject {
        var (reply, blocks) = (Reply(), blocks)
        try await generation.follow { _, event in
            reply.append(event)
            _ = blocks.append(event)
        }
        return try response(reply, blocks)
    }

    func write(_ generation: Generation, to events: inout EventStream) async throws {
        var (reply, blocks) = (Reply(), blocks)
        /// Tokens that no event has told of.
        var untold: [GeneratedToken] = []
        var count = 0
        func send(_ event: ResponseEvent, to events: inout EventStream) async throws {
            var event = event
            event.sequenceNumber = count
            count += 1
            try await events.send(event, as: event.type.rawValue)
        }
        do {
            try await send(.response(.created, start), to: &events)
            try await send(.response(.inProgress, start), to: &events)
            try await generation.follow { _, event in
                reply.append(event)
                if case .token(let token) = event { untold.append(token) }
                let status = reply.result.map(Self.status) ?? .completed
                for change in blocks.append(event) {
                    for var event in ResponseEvent.events(change, blocks, status) {
                        if event.isTelling {
                            event.eft = EftChoice(untold, deployment.engine.composite)
                            untold = []
                        }
                        try await send(event, to: &events)
                    }
                }
            }
            let end = try response(reply, blocks)
            var last = ResponseEvent.response(
                end.status == .completed ? .completed : .incomplete, end)
            last.eft = EftChoice(untold, deployment.engine.composite)
            try await send(last, to: &events)
        } catch {
            try await send(.response(.failed, failed(APIError(error))), to: &events)
        }
    }

    private static func status(_ result: GenerationResult) -> ResponseObject.Status {
        result.reason.name == "length" ? .incomplete : .completed
    }

    /// The response with its reply.
    private func response(_ reply: Reply, _ blocks: ReplyBlocks) throws -> ResponseObject {
        guard let result = reply.result else { throw CancellationError() }
        var usage = UsageCount([request], choicesPerPrompt: 1)
        usage.add(tokens: reply.tokens.count)
        usage.add(result, of: 0)
        var response = start
        response.status = Self.status(result)
        if response.status == .completed {
            response.completedAt = Int(Date().timeIntervalSince1970)
        } else {
            response.incompleteDetails = .init()
        }
        response.output = blocks.blocks.indices.map { blocks.item($0, response.status) }
        response.usage = .init(usage.usage)
        response.eft = EftChoice(
            reply.tokens, deployment.engine.composite,
            request.attributions ? result.statistics : nil)
        return response
    }

    private func failed(_ error: APIError) -> ResponseObject {
        var response = start
        response.status = .failed
        response.error = .init(
            code: error.type == "server_error" ? error.type : error.code ?? error.type,
            message: error.message)
        return response
    }
}
