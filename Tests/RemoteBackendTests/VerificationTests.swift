import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@testable import RemoteBackend

/// What is found out about a server before the first token.
@Suite(.timeLimit(.minutes(10))) struct VerificationTests {
    static func connect(
        _ mischief: @escaping FarEnd.Mischief = { _, _ in nil },
        change: @escaping @Sendable (inout RemoteOptions) -> Void = { _ in },
        vocabulary: Vocabulary = FarEnd.vocabulary
    ) async throws -> RemoteVerification {
        let found = Found()
        try await FarEnd(mischief).serve { port in
            var options = FarEnd.options(port: port)
            change(&options)
            await found.set(
                try await RemoteModel(connecting: options, vocabulary: vocabulary).verification)
        }
        return try #require(await found.value)
    }

    private actor Found {
        var value: RemoteVerification?
        func set(_ value: RemoteVerification) { self.value = value }
    }

    static func error(
        _ mischief: @escaping FarEnd.Mischief = { _, _ in nil },
        change: @escaping @Sendable (inout RemoteOptions) -> Void = { _ in },
        vocabulary: Vocabulary = FarEnd.vocabulary
    ) async -> RemoteError? {
        await #expect(throws: RemoteError.self) {
            try await connect(mischief, change: change, vocabulary: vocabulary)
        }
    }

    @Test("an honest server passes, and says its context") func anHonestServerPasses() async throws
    {
        // Byte tokens are no text by themselves: of this vocabulary the two control tokens compare.
        let found = try await Self.connect()
        #expect(found == RemoteVerification(context: 256, tokens: 258, tokensCompared: 2))
        #expect(found.sentences.count == 3)
        #expect(try await Self.connect(change: { $0.context = 100 }).context == 100)
    }

    @Test("a model must be served, with enough context") func aModelMustBeServed() async throws {
        let unknown = await Self.error(change: { $0.model = "lrge" })
        guard case .unknownModel("lrge", _, ["large"])? = unknown else {
            Issue.record("\(String(describing: unknown))")
            return
        }
        #expect(
            await Self.error(change: { $0.context = 257 })
                == .contextTooLarge(model: "large", wanted: 257, served: 256))
        let silent: FarEnd.Mischief = { call, _ in
            call.path == "/v1/models" ? .init(#"{"data": [{"id": "large"}]}"#) : nil
        }
        guard case .malformed? = await Self.error(silent) else {
            Issue.record("no context")
            return
        }
        #expect(try await Self.connect(silent, change: { $0.context = 64 }).context == 64)
    }

    /// The far end's vocabulary with tokens at its end that are missing there.
    static func longer(by count: Int) -> Vocabulary {
        let padding = (0..<count).map { Vocabulary.Token(bytes: Array("[PAD\(258 + $0)]".utf8)) }
        return Vocabulary(type: "bytes", tokens: FarEnd.vocabulary.tokens + padding, endOfText: 256)
    }

    @Test("a server may lack tokens at the end", arguments: [1, 3, 700, 1024])
    func aServerMayLackTokensAtTheEnd(_ missing: Int) async throws {
        let found = try await Self.connect(vocabulary: Self.longer(by: missing))
        #expect(
            found
                == RemoteVerification(
                    context: 256, tokens: 258, tokensMissing: missing, tokensCompared: 2))
        #expect(
            found.sentences[0].hasSuffix("lacks the last \(missing) tokens of the local vocabulary")
        )
    }

    @Test("a server may have more tokens, which are not asked for")
    func aServerMayHaveMoreTokens() async throws {
        let tokens = Array(FarEnd.vocabulary.tokens.dropLast())
        let found = try await Self.connect(
            vocabulary: Vocabulary(type: "bytes", tokens: tokens, endOfText: 256))
        #expect(
            found
                == RemoteVerification(
                    context: 256, tokens: 257, hasMoreTokens: true, tokensCompared: 1))
        #expect(found.sentences[0].contains("more than the 257 tokens"))
    }

    @Test("a vocabulary of quite another size is refused")
    func aVocabularyOfQuiteAnotherSizeIsRefused() async throws {
        let much = await Self.error { call, _ in
            guard let scoring = call.decoded, let token = scoring.logprobTokenIds?.first,
                token >= 258
            else { return nil }
            return FarEnd.completion([["token_id:\(token)": -5]])
        }
        #expect(
            much
                == .otherVocabulary(
                    model: "large",
                    difference: "it has far more than the 258 tokens of the local members"))
        let little = await Self.error(vocabulary: Self.longer(by: 1026))
        #expect(little == .otherVocabulary(model: "large", difference: "it has no token 259"))
    }

    @Test("tokens with other texts are refused; those without any cannot be compared")
    func tokensWithOtherTextsAreRefused() async throws {
        for (name, token) in [
            // One name for two tokens, no mark at all, and the name of another token.
            ("<|other|>", "token 257 is `<turn>` here and `<|other|>` there"),
            ("other", "token 256 is `<end>` here and `other` there"),
            ("<turn>", "token 256 is `<end>` here and `<turn>` there"),
        ] {
            let error = await Self.error { call, _ in
                call.path == "/detokenize" ? .init(#"{"prompt": "\#(name)"}"#) : nil
            }
            #expect(error == .otherVocabulary(model: "large", difference: token))
        }
        for answer in [
            FarEnd.Answer("no", status: 404), .init("no", status: 501), .init("no", status: 500),
        ] {
            let found = try await Self.connect { call, _ in
                call.path == "/detokenize" ? answer : nil
            }
            #expect(found.tokensCompared == nil)
            #expect(found.sentences[1].contains("texts of tokens could not be compared"))
        }
        let hidden = try await Self.connect { call, _ in
            call.path == "/detokenize" ? .init(#"{"prompt": ""}"#) : nil
        }
        #expect(hidden.tokensCompared == 0)
    }

    @Test("control tokens may have other names there, and all of them are asked for")
    func controlTokensMayHaveOtherNamesThere() async throws {
        let marks = (0..<40).map {
            Vocabulary.Token(bytes: Array("<|m\($0)x|>".utf8), kind: .control)
        }
        let tokens = Array(FarEnd.vocabulary.tokens.prefix(218)) + marks
        let found = try await Self.connect(
            { call, _ in
                guard call.path == "/detokenize",
                    let body = try? JSONDecoder().decode(Detokenization.self, from: call.body)
                else { return nil }
                // The first and the last mark have names of their own.
                let id = body.tokens[0]
                return .init(
                    [218: "{\"prompt\": \"<start>\"}", 257: "{\"prompt\": \"<｜stop｜>\"}"][id]
                        ?? "{\"prompt\": \"<|m\(id - 218)x|>\"}")
            }, vocabulary: Vocabulary(type: "bytes", tokens: tokens))
        #expect(found.tokensCompared == 40)
        #expect(found.renamed == [218: "<start>", 257: "<｜stop｜>"])
        #expect(found.sentences[1].hasSuffix("agree except for 2 control tokens with other names"))
    }

    private struct Detokenization: Decodable { var tokens: [TokenID] }

    /// An answer whose values are changed, by the request and the honest values.
    static func changed(
        _ change: @escaping @Sendable (FarEnd.Scoring, [String: Double]) -> [String: Double]
    ) -> FarEnd.Mischief {
        { call, _ in
            guard let scoring = call.decoded, scoring.logprobTokenIds?.contains(258) != true
            else { return nil }
            return FarEnd.completion(
                scoring.prompt.map {
                    change(scoring, FarEnd.logProbabilities(after: $0, scoring))
                })
        }
    }

    static func evidence(_ mischief: @escaping FarEnd.Mischief) async -> String? {
        guard case .notRaw("large", let evidence)? = await error(mischief) else { return nil }
        return evidence
    }

    @Test("log-probabilities after temperature are refused")
    func logProbabilitiesAfterTemperatureAreRefused() async {
        let evidence = await Self.evidence(
            Self.changed { scoring, top in top.mapValues { $0 / scoring.temperature } })
        #expect(evidence?.contains("temperature") == true)
    }

    @Test("log-probabilities after top-k are refused")
    func logProbabilitiesAfterTopKAreRefused() async {
        let evidence = await Self.evidence(
            Self.changed { scoring, top in
                scoring.topK == 1 ? top.mapValues { $0 < -1 ? -9999 : $0 } : top
            })
        #expect(evidence?.contains("top-k") == true)
    }

    @Test("logits are refused, wherever they lie", arguments: [-8.0, -200])
    func logitsAreRefused(shift: Double) async {
        let evidence = await Self.evidence(Self.changed { _, top in top.mapValues { $0 + shift } })
        #expect(evidence?.contains("likeliest tokens weigh") == true)
    }

    @Test("logits above zero are no log-probabilities") func logitsAboveZeroAreNone() async {
        guard
            case .malformed? = await Self.error(
                Self.changed { _, top in top.mapValues { $0 + 20 } })
        else {
            Issue.record("accepted")
            return
        }
    }

    @Test("probabilities that are normalised over the list are refused")
    func probabilitiesNormalisedOverTheListAreRefused() async {
        let evidence = await Self.evidence(
            Self.changed { _, top in
                let sum = log(top.values.reduce(0) { $0 + exp($1) })
                return top.mapValues { $0 - sum }
            })
        #expect(evidence?.contains("list of tokens") == true)
    }

    @Test("prompts that are mixed up are refused") func promptsThatAreMixedUpAreRefused() async {
        let evidence = await Self.evidence { call, _ in
            guard let scoring = call.decoded, scoring.logprobTokenIds?.contains(258) != true
            else { return nil }
            let sorted = scoring.prompt.sorted { $0.count < $1.count }
            return FarEnd.completion(sorted.map { FarEnd.logProbabilities(after: $0, scoring) })
        }
        #expect(evidence?.contains("order of prompts") == true)
    }

    @Test("the texts of errors say the rule, what was received, and what to do")
    func theTextsOfErrors() {
        let texts: [(RemoteError, String)] = [
            (
                .timedOut(address: "http://a", limit: .seconds(5)),
                "A remote member's server must answer within 5.0 seconds: http://a did not. It may be "
                    + "overloaded; or raise `timeout` in the recipe."
            ),
            (
                .contextTooLarge(model: "m", wanted: 9, served: 8),
                "The context must fit every member: the recipe wants 9 tokens, the server of `m` "
                    + "allows 8. Lower `context`, or raise the server's limit."
            ),
            (
                .unknownModel("m", address: "http://a", known: []),
                "A remote member's `model` must be served: http://a serves none, not `m`. Correct "
                    + "`model`, or start the server with that name."
            ),
            (
                .unauthorized(address: "http://a"),
                "A remote member's server must accept the key: http://a refuses it. Set the environment "
                    + "variable that `api_key_env` names."
            ),
        ]
        for (error, text) in texts { #expect("\(error)" == text) }
    }
}
