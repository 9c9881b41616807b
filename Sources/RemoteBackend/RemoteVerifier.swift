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
    /// Sizes that differ by more belong to different tokenizers; padding and added tokens are fewer.
    private static let largestDifference = 1024

    init(_ client: RemoteClient, _ options: RemoteOptions, _ vocabulary: Vocabulary) {
        (self.client, self.options, self.vocabulary) = (client, options, vocabulary)
    }

    /// - Throws: ``RemoteError``.
    func verify() async throws -> RemoteVerification {
        let context = try await context()
        let (tokens, hasMore) = try await compareSize()
        let (compared, renamed) = try await compareTokens(of: tokens)
        try await RawnessTest(client, options, vocabulary.prefix(tokens)).run()
        return RemoteVerification(
            context: context, tokens: tokens, tokensMissing: vocabulary.count - tokens,
            hasMoreTokens: hasMore, tokensCompared: compared, renamed: renamed)
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

    /// How many of the vocabulary's tokens the server can score, and whether it can score others: larger
    /// models of a family are often padded to a rounder size, and tuned ones have marks added.
    ///
    /// - Complexity: three requests where the sizes are equal; else up to ten more, to find the end.
    private func compareSize() async throws -> (tokens: Int, hasMore: Bool) {
        let count = vocabulary.count
        // Refused already here, it is the request that the server does not like: its words say why.
        try await score(0)
        if try await canScore(count - 1) {
            guard try await canScore(count) else { return (count, false) }
            guard try await !canScore(count + Self.largestDifference) else {
                throw otherVocabulary(
                    "it has far more than the \(count) tokens of the local members")
            }
            return (count, true)
        }
        var known = max(0, count - 1 - Self.largestDifference)
        guard try await canScore(known) else {
            throw otherVocabulary("it has no token \(known)")
        }
        var unknown = count - 1
        while unknown - known > 1 {
            let middle = known + (unknown - known) / 2
            if try await canScore(middle) { known = middle } else { unknown = middle }
        }
        return (unknown, false)
    }

    private func score(_ token: TokenID) async throws {
        let request = ScoringRequest(
            options.server, model: options.model, [[vocabulary.probes.first ?? 0]], [token])
        _ = try await client.scores(request)
    }

    private func canScore(_ token: TokenID) async throws -> Bool {
        do {
            try await score(token)
            return true
        } catch RemoteError.refused(_, 400, _) {
            return false
        }
    }

    /// Compares the texts of a sample of the first `count` tokens, control tokens first; where one of
    /// these has another name there, all of them.
    ///
    /// - Returns: how many, nil when the server does not say; and the control tokens that it renamed.
    private func compareTokens(
        of count: Int
    ) async throws -> (compared: Int?, renamed: [TokenID: String]) {
        let vocabulary = vocabulary.prefix(count)
        let control = vocabulary.controlTokens.filter { !vocabulary.tokens[$0].isPlaceholder }
        let first = control.prefix(Self.sampleSize / 3)
        var sample = first + vocabulary.spread(Self.sampleSize - first.count)
        var compared = 0
        var renamed: [TokenID: String] = [:]
        while let token = sample.popFirst() {
            guard let text = vocabulary.plainText(token) else { continue }
            guard let served = try await served(token)?.trimmed else { return (nil, [:]) }
            // Some tokenizers drop a token's leading space, and some hide control tokens.
            guard !served.isEmpty else { continue }
            compared += 1
            if served == text.trimmed { continue }
            // A name that another token has, too, is not a new name for this one.
            let isNew =
                Vocabulary.Token(bytes: Array(served.utf8)).isMark
                && !renamed.values.contains(served)
                && !vocabulary.tokens.contains { $0.bytes == Array(served.utf8) }
            guard vocabulary.tokens[token].kind == .control, isNew else {
                throw otherVocabulary(
                    "token \(token) is `\(text)` here and `\(served.prefix(40))` there")
            }
            if renamed.isEmpty { sample += control.dropFirst(first.count) }
            renamed[token] = served
        }
        return (compared, renamed)
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

    private func otherVocabulary(_ difference: String) -> RemoteError {
        .otherVocabulary(model: options.model, difference: difference)
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
