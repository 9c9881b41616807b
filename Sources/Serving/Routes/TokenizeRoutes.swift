import ChatTemplates
import EmulatedFineTuning
import Hummingbird

extension Server {
    /// `POST /tokenize`.
    func tokenize(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try TokenizeRequest(
            await request.json(options, context), strict: options.isStrict)
        let deployment = try deployment(toTokenize: body.model)
        let vocabulary = deployment.engine.composite.vocabulary
        let tokens =
            switch body.content {
            case .text(let text, let fields):
                try fields.encode(text, with: deployment.tokenizer)
            case .chat(let messages, let template, let addsStart):
                (addsStart ? try deployment.tokenizer.encode("", start: true, control: false) : [])
                    + (try deployment.request(
                        for: messages, addingReply: template.addsReply,
                        options: template.options(over: deployment.templateOptions)
                    ).prompt)
            }
        return Response(
            json: TokenizeResponse(
                count: tokens.count, maxModelLen: deployment.contextLimit, tokens: tokens,
                tokenStrs: body.returnsTexts ? tokens.map(vocabulary.text) : nil))
    }

    /// `POST /detokenize`.
    func detokenize(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try DetokenizeRequest(
            await request.json(options, context), strict: options.isStrict)
        let vocabulary = try deployment(toTokenize: body.model).engine.composite.vocabulary
        for token in body.tokens where token >= vocabulary.count {
            throw APIError.invalid(
                "tokens", "\(GenerationError.unknownToken(token, vocabulary: vocabulary.count))")
        }
        return Response(
            json: DetokenizeResponse(prompt: vocabulary.text(of: body.tokens, control: true)))
    }

    /// `GET /tokenizer_info`, as in vLLM.
    func tokenizerInfo(_ request: Request) throws -> Response {
        let name = request.uri.queryParameters.get("model")
        let deployment = try deployment(toTokenize: name)
        let vocabulary = deployment.engine.composite.vocabulary
        return Response(
            json: TokenizerInfo(
                bosToken: vocabulary.beginning.map(vocabulary.text),
                eosToken: vocabulary.endOfText.map(vocabulary.text),
                chatTemplate: deployment.chatTemplate,
                modelMaxLength: deployment.contextLimit))
    }
}
