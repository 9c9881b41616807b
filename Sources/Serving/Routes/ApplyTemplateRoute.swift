import ChatTemplates
import Hummingbird
import Recipes
import ToolCalls

extension Server {
    /// `POST /apply-template`, as in llama-server: the text that the members would read.
    func applyTemplate(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try ApplyTemplateRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(named: body.model)
        let takesText = deployment.forms?.tools?.takesText ?? false
        let text = try deployment.text(
            of: body.messages.map { $0.withArguments(asText: takesText) },
            addingReply: body.template.addsReply,
            options: body.template.options(over: deployment.templateOptions))
        return Response(json: ApplyTemplateResponse(prompt: text))
    }
}
