import ChatTemplates
import Hummingbird

extension Server {
    /// `POST /apply-template`, as llama-server has it: the text that the members would read.
    func applyTemplate(_ request: Request) async throws -> Response {
        let body = try ApplyTemplateRequest(await request.json(options))
        let deployment = try only(body.model)
        let text = try deployment.text(
            of: body.messages, addingReply: body.addsReply,
            options: body.options(over: deployment.templateOptions))
        return Response(json: ApplyTemplateResponse(prompt: text))
    }

    /// The deployment of a name; without a name, the only one.
    private func only(_ name: String?) throws(APIError) -> Deployment {
        if let name { return try deployment(name) }
        guard let first = deployments.first, deployments.count == 1 else {
            throw .invalid(
                "model", "The field `model` is required: several models are served here.",
                code: "missing_required_parameter")
        }
        return first
    }
}
