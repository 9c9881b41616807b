import EmulatedFineTuning

/// The log-probabilities of a chat's reply.
struct ChatLogProbabilities: Encodable {
    struct Token: Encodable {
        var token: String
        var logprob: Float
        var bytes: [UInt8]
        var topLogprobs: [Top]
    }

    struct Top: Encodable {
        var token: String
        var logprob: Float
        var bytes: [UInt8]
    }

    var content: [Token]

    init(_ tokens: [GeneratedToken], _ vocabulary: Vocabulary) {
        content = tokens.map { token in
            Token(
                token: vocabulary.text(token.id), logprob: token.logProbability.finite,
                bytes: vocabulary.tokens[token.id].bytes,
                topLogprobs: token.top.map {
                    Top(
                        token: vocabulary.text($0.id), logprob: $0.logProbability.finite,
                        bytes: vocabulary.tokens[$0.id].bytes)
                })
        }
    }
}

/// The log-probabilities of a completion, and with `echo` of its prompt.
struct CompletionLogProbabilities: Encodable {
    var tokens: [String] = []
    /// Nil for the first token of a prompt, which nothing precedes.
    var tokenLogprobs: [Float?] = []
    /// By token text: the likeliest tokens, and the token itself. Several tokens of one text are one entry,
    /// the likeliest.
    var topLogprobs: [[String: Float]?] = []
    /// Where each token begins in the text, in Unicode scalars.
    var textOffset: [Int] = []
    /// Whether tokens are called `token_id:5`, as in vLLM, instead of by their text.
    var namesTokensByID = false

    enum CodingKeys: CodingKey { case tokens, tokenLogprobs, topLogprobs, textOffset }

    private func name(_ token: TokenID, _ vocabulary: Vocabulary) -> String {
        namesTokensByID ? "token_id:\(token)" : vocabulary.text(token)
    }

    /// Adds the first token of a prompt.
    mutating func append(first token: TokenID, _ vocabulary: Vocabulary, at offset: Int) {
        tokens.append(name(token, vocabulary))
        tokenLogprobs.append(nil)
        topLogprobs.append(nil)
        textOffset.append(offset)
    }

    mutating func append(_ token: GeneratedToken, _ vocabulary: Vocabulary, at offset: Int) {
        tokens.append(name(token.id, vocabulary))
        tokenLogprobs.append(token.logProbability.finite)
        let listed =
            token.top.map { ($0.id, $0.logProbability) } + [(token.id, token.logProbability)]
        topLogprobs.append(
            Dictionary(
                listed.map { (name($0, vocabulary), $1.finite) }, uniquingKeysWith: max))
        textOffset.append(offset)
    }
}

extension Vocabulary {
    /// A token's text; for bytes that are no text by themselves `bytes:\xe2\x80`, as OpenAI had it.
    func text(_ token: TokenID) -> String {
        let bytes = tokens[token].bytes
        return String(validating: bytes, as: UTF8.self)
            ?? "bytes:"
            + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
