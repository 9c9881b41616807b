import EmulatedFineTuning
import Hummingbird

extension Server {
    /// `POST /tokenize`.
    func tokenize(_ request: Request) async throws -> Response {
        let body = try TokenizeRequest(await request.json(options))
        let deployment = try deployment(orOnly: body.model)
        let tokens =
            switch body.content {
            case .text(let text, let addsBeginning):
                try deployment.tokenizer.encode(text, start: addsBeginning, control: false)
            case .chat(let messages): try deployment.request(for: messages).prompt
            }
        let vocabulary = deployment.engine.composite.vocabulary
        return Response(
            json: TokenizeResponse(
                count: tokens.count, maxModelLen: deployment.contextLimit, tokens: tokens,
                tokenStrs: body.returnsTexts ? tokens.map(vocabulary.text) : nil))
    }

    /// `POST /detokenize`.
    func detokenize(_ request: Request) async throws -> Response {
        let body = try DetokenizeRequest(await request.json(options))
        let vocabulary = try deployment(orOnly: body.model).engine.composite.vocabulary
        for token in body.tokens where token >= vocabulary.count {
            throw APIError.invalid(
                "tokens", "\(DecodingError.unknownToken(token, vocabulary: vocabulary.count))")
        }
        return Response(
            json: DetokenizeResponse(prompt: vocabulary.text(of: body.tokens, control: true)))
    }
}
