import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineValidationTests {
    struct Case: Sendable {
        var text: String
        var request: GenerationRequest

        init(_ text: String, _ change: (inout GenerationRequest) -> Void) {
            self.text = text
            request = GenerationRequest.of([1, 2, 3])
            change(&request)
        }
    }

    static let cases: [Case] = [
        Case("A prompt needs at least one token: this one has none. Write something.") {
            $0.prompt = []
        },
        Case("A prompt needs at least one token: this one has none. Write something.") {
            $0.prompts = ["small": []]
        },
        Case("Token ids must be part of the vocabulary (0 to 23): 24 is not.") {
            $0.prompt = [1, 24]
        },
        Case("Token ids must be part of the vocabulary (0 to 23): -1 is not.") {
            $0.prompts = ["chat": [-1]]
        },
        Case("Token ids must be part of the vocabulary (0 to 23): 99 is not.") {
            $0.kind = .score([1, 99])
        },
        Case(
            "A prompt and at least one token of reply must fit the context: the prompt has 20 "
                + "tokens for `chat`, the context 20. Shorten the prompt, or raise `context` in the "
                + "recipe."
        ) { $0.prompts = ["chat": [TokenID](repeating: 1, count: 20)] },
        Case(
            "Prompt and reply must fit the context: 3 + 18 tokens for `large` exceed 20. "
                + "Ask for at most 17 tokens, or raise `context` in the recipe."
        ) { $0.maxTokens = 18 },
        Case(
            "Prompt and reply must fit the context: 3 + 18 tokens for `large` exceed 20. "
                + "Ask for at most 17 tokens, or raise `context` in the recipe."
        ) { $0.kind = .score([TokenID](repeating: 1, count: 18)) },
        Case("A reply needs at least 1 token: 0 were asked for.") { $0.maxTokens = 0 },
        Case("A response to score needs at least 1 token: this one has none.") {
            $0.kind = .score([])
        },
        Case(
            "A formula can only name members of its composite: `tuned` is not one. "
                + "Add the member, or correct the name."
        ) { $0.prompts = ["tuned": [1]] },
        Case(
            "Only parameters that the formula uses can be set: `alhpa` is not one; it uses `alpha`. "
                + "Did you mean `alpha`?"
        ) { $0.parameters = ["alhpa": 1] },
        Case("The sampling option `top_k` must be in the range 1 or more: received 0.") {
            $0.sampling.topK = 0
        },
        Case(
            "The sampling option `logit_bias` must be in the range token ids 0 to 23: "
                + "received token 24."
        ) { $0.sampling.logitBias = [24: 1] },
        Case(
            "Weights must be finite and at most 1,000,000 in magnitude: the formula gives "
                + "`large` the weight inf. Change the formula or its parameters."
        ) { $0.parameters = ["alpha": 0] },
    ]

    @Test("requests that cannot be served are refused in a sentence", arguments: cases.indices)
    func requestsThatCannotBeServedAreRefusedInASentence(index: Int) async throws {
        let test = Self.cases[index]
        let limits = ModelLimits(context: 20, tokensPerPass: 8, sequences: 1, rewind: .full)
        let engine = try TestEngine(
            formula: "large" / .parameter("alpha") + "chat" - "small", fallback: nil, limits: limits
        )
        let error = await #expect(throws: (any Error).self) { try await engine.reply(test.request) }
        #expect(error.map { "\($0)" } == test.text)
        // And the engine serves the next.
        #expect(try await engine.reply(.of([1], maxTokens: 2)).ids.count == 2)
    }

    @Test("errors of members and decoding are sentences")
    func errorsOfMembersAndDecodingAreSentences() {
        #expect(
            GenerationError.nothingAllowed.description
                == "At least one token must be possible: the members, the mask and the sampling "
                + "options together forbid all of them. Loosen the mask or the logit bias.")
        #expect(
            GenerationError.brokenScores(member: "large").description
                == "A member's scores must be numbers: `large` returned NaN, infinity, or nothing "
                + "but impossible tokens. Its file may be damaged, or its number format too small.")
        #expect(
            GenerationError.wrongScores(member: "large").description
                == "A member must return the scores it was asked for: `large` returned others.")
        #expect(
            ModelError.cacheFull(tokens: 9).description
                == "The model's cache has no room for 9 more tokens. "
                + "Raise `context` in the recipe, or ask for fewer tokens.")
        #expect(
            ModelError.invalidPass("2 tokens").description
                == "A forward pass must obey the model's limits: 2 tokens.")
        #expect(
            ModelError.cannotRewind("it is recurrent").description
                == "The model's cache cannot be cut back: it is recurrent.")
        #expect(
            ModelError.cannotShare("it is recurrent").description
                == "The model cannot share a cached prefix: it is recurrent.")
        #expect(ModelError.cancelled.description == "The forward pass was cancelled.")
        #expect(
            ModelError.failed("out of memory").description == "The model failed: out of memory.")
    }
}
