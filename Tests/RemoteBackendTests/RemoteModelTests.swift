import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@testable import RemoteBackend

@Suite(.timeLimit(.minutes(10))) struct RemoteModelTests {
    static func part(
        _ sequence: SequenceID, _ start: Int, _ tokens: [TokenID], _ lists: [[TokenID]]
    ) -> SequenceExtension {
        SequenceExtension(
            sequence: sequence, start: start, tokens: tokens,
            scored: Array(tokens.count - lists.count..<tokens.count), request: .tokens(lists))
    }

    static func values(_ scores: [Scores]) -> [[Float]] {
        scores.map { if case .tokens(let values) = $0 { values } else { [] } }
    }

    static func expected(_ tokens: [TokenID], _ list: [TokenID]) -> [Float] {
        let row = FarEnd.row(after: tokens)
        return list.map { row[$0] }
    }

    @Test("a round is one request per sequence, with the union of its lists")
    func aRoundIsOneRequestPerSequence() async throws {
        let far = FarEnd()
        try await far.serve { port in
            let model = try await FarEnd.connect(port: port)
            let before = far.calls.count
            // What is not scored is not sent.
            _ = try await model.forward(ForwardPass([Self.part(0, 0, [1, 2, 3], [])]))
            #expect(far.calls.count == before)
            let scores = try await model.forward(
                ForwardPass([
                    Self.part(0, 3, [4, 5], [[9, 7], [7, 8]]), Self.part(2, 0, [6], [[200]]),
                ]))
            #expect(
                Self.values(scores) == [
                    Self.expected([1, 2, 3, 4], [9, 7]), Self.expected([1, 2, 3, 4, 5], [7, 8]),
                    Self.expected([6], [200]),
                ])
            let calls = far.calls.dropFirst(before).sorted { $0.prompts.count > $1.prompts.count }
            #expect(calls.map(\.prompts) == [[[1, 2, 3, 4], [1, 2, 3, 4, 5]], [[6]]])
            #expect(calls.map(\.list) == [[9, 7, 8], [200]])
        }
    }

    @Test("lists beyond the server's limit are split, and put together again")
    func listsBeyondTheServersLimitAreSplit() async throws {
        let far = FarEnd()
        try await far.serve { port in
            let model = try await FarEnd.connect(port: port)
            let before = far.calls.count
            let lists = [Array(0..<250), Array(100..<180), Array(90..<200), [3], []]
            let scores = try await model.forward(
                ForwardPass([Self.part(1, 0, [1, 2, 3, 4, 5], lists)]))
            for (position, list) in lists.enumerated() {
                let context = Array([1, 2, 3, 4, 5].prefix(position + 1))
                #expect(Self.values(scores)[position] == Self.expected(context, list))
            }
            #expect(far.calls.dropFirst(before).allSatisfy { $0.list.count <= 128 })
            #expect(far.calls.count - before == 3)
        }
    }

    @Test("requests are packed in order, into as few as the limit allows")
    func requestsArePackedInOrder() {
        let batches = ScoringPlan.batches(
            [[1, 2], [2, 3], [], [4, 5, 6], [6], [1, 2, 3, 4, 5]], limit: 4)
        #expect(
            batches.sorted { ($0.positions[0], $0.tokens[0]) < ($1.positions[0], $1.tokens[0]) }
                == [
                    ScoringBatch(positions: [0, 1], tokens: [1, 2, 3]),
                    ScoringBatch(positions: [3, 4], tokens: [4, 5, 6]),
                    ScoringBatch(positions: [5], tokens: [1, 2, 3, 4]),
                    ScoringBatch(positions: [5], tokens: [5]),
                ])
        #expect(ScoringPlan.batches([[], []], limit: 4).isEmpty)
    }

    @Test("sequences are cut back and shared") func sequencesAreCutBackAndShared() async throws {
        let far = FarEnd()
        try await far.serve { port in
            let model = try await FarEnd.connect(port: port)
            _ = try await model.forward(ForwardPass([Self.part(0, 0, [1, 2, 3], [])]))
            try await model.share(0, with: 1, length: 2)
            try await model.rewind(0, to: 1)
            let scores = try await model.forward(
                ForwardPass([Self.part(0, 1, [9], [[5]]), Self.part(1, 2, [8], [[5]])]))
            #expect(
                Self.values(scores) == [
                    Self.expected([1, 9], [5]), Self.expected([1, 2, 8], [5]),
                ])
            await #expect(throws: ModelError.self) { try await model.rewind(0, to: 9) }
            await #expect(throws: ModelError.self) {
                try await model.forward(ForwardPass([Self.part(0, 7, [1], [[5]])]))
            }
        }
    }

    @Test("every field that could change log-probabilities is sent")
    func everyFieldThatCouldChangeLogProbabilitiesIsSent() throws {
        let request = ScoringRequest(.vllm, model: "m", [[1], [1, 2]], [7])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(
            String(decoding: try encoder.encode(request), as: UTF8.self)
                == #"{"frequency_penalty":0,"logprob_token_ids":[7],"logprobs":1,"max_tokens":1,"#
                + #""min_p":0,"model":"m","n":1,"presence_penalty":0,"prompt":[[1],[1,2]],"#
                + #""repetition_penalty":1,"return_tokens_as_token_ids":true,"stream":false,"#
                + #""temperature":1,"top_k":-1,"top_p":1}"#)
    }

    /// The composite with its large member local or remote.
    static func composite(
        _ large: any LanguageModel, _ vocabulary: Vocabulary = FarEnd.vocabulary
    ) throws -> Composite {
        let random = { TableModel.random(seed: $0, vocabulary: vocabulary, spread: 4) }
        return try Composite(
            members: [
                Member("large", large), Member("chat", random(2)), Member("small", random(3)),
            ], formula: "large" + "chat" - "small", fallback: "chat", mask: Mask(.nucleus(0.9)))
    }

    static func reply(
        _ composite: Composite, _ request: GenerationRequest
    ) async throws -> [GeneratedToken] {
        var tokens: [GeneratedToken] = []
        for try await event in Engine(composite).generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }

    @Test(
        "a composite with a remote member says what it says with a local one",
        arguments: [Speculation.off, .block(4)])
    func aCompositeWithARemoteMemberSaysWhatItSaysWithALocalOne(
        speculation: Speculation
    ) async throws {
        let far = FarEnd()
        try await far.serve { port in
            for temperature in [0.0, 1.0] {
                let remote = try await Self.composite(try await FarEnd.connect(port: port))
                let local = try Self.composite(
                    TableModel.random(seed: 1, vocabulary: FarEnd.vocabulary, spread: 4))
                let request = GenerationRequest(
                    prompt: [1, 2], sampling: SamplingOptions(temperature: temperature),
                    maxTokens: 24, ignoresEnd: true, seed: 3, speculation: speculation)
                let (a, b) = (
                    try await Self.reply(local, request), try await Self.reply(remote, request)
                )
                #expect(a.map(\.id) == b.map(\.id))
                for (a, b) in zip(a, b) {
                    #expect(abs(a.logProbability - b.logProbability) < 1e-4)
                }
            }
        }
        // Connections are kept.
        #expect(4 * far.connections < far.calls.count)
    }

    @Test("a remote member may have fewer tokens than the local ones, or more", arguments: [-1, 1])
    func aRemoteMemberMayHaveFewerTokensThanTheLocalOnes(_ difference: Int) async throws {
        let tokens = FarEnd.vocabulary.tokens
        let mark = Vocabulary.Token(bytes: Array("<tool>".utf8), kind: .control)
        let vocabulary = Vocabulary(
            type: "bytes", tokens: difference < 0 ? tokens + [mark] : Array(tokens.dropLast()),
            endOfText: 256)
        // What the server has more is padding, which has no share of the probability.
        let padded: FarEnd.Mischief = { call, _ in
            guard difference > 0, let scoring = call.decoded,
                call.list.allSatisfy({ $0 < vocabulary.count })
            else {
                return nil
            }
            return FarEnd.completion(
                scoring.prompt.map { prompt in
                    let all = FarEnd.row(after: prompt).prefix(vocabulary.count)
                    let share = log(all.reduce(0) { $0 + exp(Double($1)) })
                    return FarEnd.logProbabilities(after: prompt, scoring).mapValues { $0 - share }
                })
        }
        try await FarEnd(padded).serve { port in
            let drawn = GenerationRequest(
                prompt: [1, 2], sampling: SamplingOptions(temperature: 1), maxTokens: 24,
                ignoresEnd: true, seed: 3, speculation: .block(4))
            // The mark, or else the last token that both have, is said and read.
            var given = drawn
            given.kind = .score([5, vocabulary.count - 1, 7])
            for request in [drawn, given] {
                let connected = try await RemoteModel(
                    connecting: FarEnd.options(port: port), vocabulary: vocabulary)
                let remote = try Self.composite(connected, vocabulary)
                // A row's first values do not depend on how many there are.
                let local = try Self.composite(
                    TableModel.random(
                        seed: 1, vocabulary: difference < 0 ? FarEnd.vocabulary : vocabulary,
                        spread: 4),
                    vocabulary)
                let (a, b) = (
                    try await Self.reply(local, request), try await Self.reply(remote, request)
                )
                #expect(a.count == request.response?.count ?? 24)
                #expect(a.map(\.id) == b.map(\.id))
                for (a, b) in zip(a, b) {
                    #expect(abs(a.logProbability - b.logProbability) < 1e-4)
                }
            }
        }
    }
}
