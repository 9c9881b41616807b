import EmulatedFineTuning
import Foundation

/// Verifies a server before the first token: model, context, vocabulary, log-probabilities.
struct RemoteVerifier {
    /// Contexts are at most this long unless the recipe says otherwise.
    private static let contextLimit = 8192
    /// Tokens whose texts are compared.
    private static let sampleSize = 48

    private let client: RemoteClient
    private let options: RemoteOptions
    private let vocabulary: Vocabulary

    init(_ client: RemoteClient, _ options: RemoteOptions, _ vocabulary: Vocabulary) {
        (self.client, self.options, self.vocabulary) = (client, options, vocabulary)
    }

    /// - Throws: ``RemoteError``.
    func verify() async throws -> RemoteVerification {
        let context = try await context()
        try await compareSize()
        let compared = try await compareTokens()
        try await RawnessTest(client, options, vocabulary).run()
        return RemoteVerification(context: context, tokensCompared: compared)
    }

    private struct ModelList: Decodable {
        struct Model: Decodable {
            var id: String
            var maxModelLen: Int?

            enum CodingKeys: String, CodingKey {
                case id
                case maxModelLen = "max_model_len"
            }
        }
        var data: [Model]
    }

    /// Tokens that a sequence can hold, once the model is known to be served.
    private func context() async throws -> Int {
        let data = try await client.get("/v1/models")
        guard let list = try? JSONDecoder().decode(ModelList.self, from: data) else {
            throw malformed("which is not the JSON of a list of models")
        }
        guard let model = list.data.first(where: { $0.id == options.model }) else {
            throw RemoteError.unknownModel(
                options.model, address: client.address, known: list.data.map(\.id))
        }
        guard let served = model.maxModelLen ?? options.context, served >= 2 else {
            throw malformed("a list of models without `max_model_len`")
        }
        let wanted = options.context ?? min(served, Self.contextLimit)
        guard wanted <= served else {
            throw RemoteError.contextTooLarge(model: options.model, wanted: wanted, served: served)
        }
        return wanted
    }

    /// The last token of the vocabulary can be scored, and the one after it cannot.
    private func compareSize() async throws {
        let count = vocabulary.count
        func score(_ token: TokenID) async throws {
            let request = ScoringRequest(
                options.server, model: options.model, [[vocabulary.probes.first ?? 0]], [token])
            _ = try await client.scores(request)
        }
        func canScore(_ token: TokenID) async throws -> Bool {
            do {
                try await score(token)
                return true
            } catch RemoteError.refused(_, 400, _) {
                return false
            }
        }
        // Refused already here, it is the request that the server does not like: its words say why.
        try await score(0)
        guard try await canScore(count - 1) else {
            throw RemoteError.otherVocabulary(
                model: options.model, difference: "it has no token \(count - 1)")
        }
        guard try await !canScore(count) else {
            throw RemoteError.otherVocabulary(
                model: options.model,
                difference: "it has more than the \(count) tokens of the local members")
        }
    }

    /// Compares the texts of a sample of tokens, control tokens first.
    ///
    /// - Returns: how many; nil when the server does not say.
    private func compareTokens() async throws -> Int? {
        let control = vocabulary.controlTokens.prefix(Self.sampleSize / 3)
        let sample = control + vocabulary.spread(Self.sampleSize - control.count)
        var compared = 0
        for token in sample {
            guard let text = vocabulary.plainText(token) else { continue }
            guard let served = try await served(token) else { return nil }
            // Some tokenizers drop a token's leading space, and some hide control tokens.
            guard !served.isEmpty else { continue }
            guard served.trimmed == text.trimmed else {
                throw RemoteError.otherVocabulary(
                    model: options.model,
                    difference: "token \(token) is `\(text)` here and `\(served.prefix(40))` there")
            }
            compared += 1
        }
        return compared
    }

    private struct Detokenization: Encodable {
        var model: String
        var tokens: [TokenID]
    }

    private struct Text: Decodable { var prompt: String }

    /// A token's text as the server knows it; nil when it does not offer that.
    private func served(_ token: TokenID) async throws -> String? {
        do {
            let data = try await client.post(
                "/detokenize", Detokenization(model: options.model, tokens: [token]),
                repeating: false)
            guard let text = try? JSONDecoder().decode(Text.self, from: data) else {
                throw malformed("which is not the JSON of a text")
            }
            return text.prompt
        } catch RemoteError.refused, RemoteError.failing(_, 500...501, _, _) {
            return nil
        }
    }

    private func malformed(_ reason: String) -> RemoteError {
        .malformed(address: client.address, reason: reason)
    }
}

extension Vocabulary {
    /// Ordinary tokens, evenly spread over the vocabulary.
    func spread(_ count: Int) -> [TokenID] {
        let ordinary = tokens.indices.filter {
            tokens[$0].kind == .normal || tokens[$0].kind == .byte
        }
        guard ordinary.count > count, count > 0 else { return ordinary }
        return (0..<count).map { ordinary[(2 * $0 + 1) * ordinary.count / (2 * count)] }
    }

    /// A few ordinary tokens to make prompts of.
    var probes: [TokenID] { spread(4) }

    /// A token's text; nil when it is none by itself.
    func plainText(_ token: TokenID) -> String? {
        guard tokens[token].kind != .byte, tokens[token].kind != .unused else { return nil }
        guard let text = String(validating: tokens[token].bytes, as: UTF8.self),
            !text.trimmed.isEmpty
        else { return nil }
        return text
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
