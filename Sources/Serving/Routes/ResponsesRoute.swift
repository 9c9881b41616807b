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
    private let start: ResponseObject
    private let item = "msg_\(UUID().uuidString.lowercased())"

    init(_ body: ResponsesRequest, _ deployment: Deployment) throws {
        self.deployment = deployment
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

    func complete(_ generation: Generation) async throws -> ResponseObject {
        var reply = Reply()
        try await generation.follow { _, event in reply.append(event) }
        return try response(reply)
    }

    func write(_ generation: Generation, to events: inout EventStream) async throws {
        var reply = Reply()
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
            try await send(
                .item(.itemAdded, .init(id: item, status: .inProgress, content: [])), to: &events)
            try await send(.part(.partAdded, .init(text: ""), of: item), to: &events)
            try await generation.follow { _, event in
                reply.append(event)
                let (text, eft) =
                    switch event {
                    case .token(let token):
                        (token.text, EftChoice([token], deployment.engine.composite))
                    case .finished(let result): (result.text, nil as EftChoice?)
                    }
                guard !text.isEmpty || eft != nil else { return }
                try await send(.delta(text, of: item, eft), to: &events)
            }
            let end = try response(reply)
            try await send(.done(reply.text, of: item), to: &events)
            try await send(.part(.partDone, .init(text: reply.text), of: item), to: &events)
            for item in end.output { try await send(.item(.itemDone, item), to: &events) }
            try await send(
                .response(end.status == .completed ? .completed : .incomplete, end), to: &events)
        } catch {
            try await send(.response(.failed, failed(APIError(error))), to: &events)
        }
    }

    /// The response with its reply.
    private func response(_ reply: Reply) throws -> ResponseObject {
        guard let result = reply.result else { throw CancellationError() }
        var usage = UsageCount([request], choicesPerPrompt: 1)
        usage.add(tokens: reply.tokens.count)
        usage.add(result, of: 0)
        var response = start
        response.status = result.reason.name == "length" ? .incomplete : .completed
        if response.status == .completed {
            response.completedAt = Int(Date().timeIntervalSince1970)
        } else {
            response.incompleteDetails = .init()
        }
        response.output = [
            .init(id: item, status: response.status, content: [.init(text: reply.text)])
        ]
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
