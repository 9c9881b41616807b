import ChatTemplates
import EmulatedFineTuning
import Foundation
import JSONValues
import Recipes
import TestSupport
import Testing

@testable import Serving

/// Broken and hostile inputs, made of good ones by a seeded generator: nothing may crash, and what is
/// refused is refused in order.
///
/// `make fuzz SECONDS=600` runs it for longer, `FUZZ_SEED` repeats a run.
@Suite(.timeLimit(.minutes(30)), .serialized) struct FuzzTests {
    static let seconds =
        ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 1
    static let seed =
        ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 0...UInt64(UInt32.max))

    /// Calls `body` with mutations of the seeds until the time is over.
    static func fuzz(
        _ seeds: [String], share: Double, _ body: ([UInt8]) async throws -> Void
    ) async throws -> Int {
        var mutator = Mutator(seeds: seeds, generator: SplitMix(state: seed))
        let end = ContinuousClock.now + .seconds(seconds * share)
        var count = 0
        while ContinuousClock.now < end {
            let input = mutator.next()
            do {
                try await body(input)
            } catch {
                Issue.record("seed \(seed), input \(count): \(error)\n\(input)")
                throw error
            }
            count += 1
        }
        return count
    }

    static let bodies =
        WireTests.exchanges.compactMap(\.body)
        + RefusalTests.fields.map { "{\(RefusalTests.chat), \($0.fields)}" }
        + ResponsesTests.inputs.map { ResponsesTests.body(input: $0.input) }
        + MessagesTests.refused.map(\.body)
        + ToolRouteTests.routes.map { ToolRouteTests.body($0, $0.named("pick"), chat: $0.history) }
        + RefusalTests.completions.map { "{\"model\": \"eft\", \($0.fields)}" }
        + [
            """
            {"model": "eft", "messages": [{"role": "user", "content": [{"type": "text", "text":
             "\\u00e9\\ud83d\\ude00"}]}], "stop": ["a", "b"], "logit_bias": {"1": -1.5e1}}
            """
        ]

    @Test("JSON that is taken is JSON, and every other text is refused")
    func jsonThatIsTakenIsJSONAndEveryOtherTextIsRefused() async throws {
        _ = try await Self.fuzz(Self.bodies, share: 0.3) { input in
            guard let value = try? JSONParser.parse(input) else { return }
            // Another parser takes it, too, and reads the same.
            let other = try JSONSerialization.jsonObject(
                with: Data(input), options: .fragmentsAllowed)
            #expect(Self.same(value, other), "seed \(Self.seed): \(value) against \(other)")
            _ = try? ChatCompletionRequest(value)
            _ = try? CompletionRequest(value)
            _ = try? ResponsesRequest(value)
            _ = try? MessagesRequest(value)
            _ = try? TokenizeRequest(value)
            _ = try? DetokenizeRequest(value)
        }
    }

    @Test("a request is answered or refused, and holds nothing afterwards")
    func aRequestIsAnsweredOrRefusedAndHoldsNothingAfterwards() async throws {
        let server = try TestServer(outputLimit: 8)
        let count = try await server.test { client in
            try await Self.fuzz(Self.bodies, share: 0.3) { input in
                for uri in [
                    "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages",
                    "/v1/messages/count_tokens", "/apply-template", "/tokenize", "/detokenize",
                ] {
                    let answer = try await client.post(uri, bytes: input)
                    let isFine = answer.status == 200 || (400..<500).contains(answer.status)
                    #expect(isFine, "\(uri): \(answer.text)")
                }
            }
        }
        let load = try await server.settled()
        #expect(load.busySlots == 0 && load.reservedCells == [0, 0, 0], "after \(count)")
    }

    /// JSONSerialization reads some numbers as decimal ones and rounds them twice.
    static func same(_ number: Double, _ other: Any) -> Bool {
        guard let value = (other as? NSNumber)?.doubleValue else { return false }
        return abs(value - number) <= 1e-12 * max(abs(value), abs(number))
    }

    /// Whether two parsers have read the same.
    static func same(_ value: JSON, _ other: Any) -> Bool {
        switch value {
        case .null: other is NSNull
        case .flag(let flag): other as? Bool == flag
        case .integer(let number): same(Double(number), other)
        case .large(let digits): same(Double(digits) ?? .infinity, other)
        case .number(let number): same(number, other)
        // By scalars: Swift compares strings by what they look like.
        case .text(let text):
            (other as? String).map { Array($0.unicodeScalars) == Array(text.unicodeScalars) }
                ?? false
        case .array(let values):
            (other as? [Any]).map { others in
                others.count == values.count && zip(values, others).allSatisfy(same)
            } ?? false
        case .object(let entries):
            (other as? [String: Any]).map { others in
                others.count == entries.count
                    && entries.allSatisfy { entry in
                        others[entry.key].map { same(entry.value, $0) } ?? false
                    }
            } ?? false
        }
    }

    static let recipes: [String] =
        ["atlas", "atlas-amplified", "atlas-mixed", "atlas-proxy", "atlas-truncated"]
        .compactMap {
            try? String(contentsOfFile: RepositoryFiles.path("Recipes/\($0).yaml"), encoding: .utf8)
        }
        + [
            """
            members: { a: x.gguf, b: { member: a, lora: [{ file: y, scale: 0.5 }] } }
            formula: (1 - l) * a + l * b
            parameters: { l: { default: 0.5, range: [0, 1] } }
            mask: { relative: 0.1, of: a, effect: forbid }
            prompt: { template: chatml, system: hi }
            sampling: { temperature: 1e0, stop: [a, "b"], logit_bias: { 3: -1 } }
            engine: { sequences: 4, cache_type: q8_0 }
            """
        ]

    @Test("a recipe is read or refused") func aRecipeIsReadOrRefused() async throws {
        _ = try await Self.fuzz(Self.recipes, share: 0.2) { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            guard let recipe = try? Recipe(yaml: text, file: "fuzz.yaml", folder: "/nowhere") else {
                return
            }
            // What is read is read the same again, and its formula says what it means.
            #expect(try Recipe(yaml: text, file: "fuzz.yaml", folder: "/nowhere") == recipe)
            let formula = try Formula(
                parsing: "\(recipe.formula)", members: recipe.members.map(\.name),
                parameters: recipe.parameters.map(\.name))
            #expect(formula == recipe.formula, "seed \(Self.seed): \(text)")
        }
    }

    static let formulas = [
        "large + chat - small", "large + lambda * (chat - small) / 2",
        "(1 - lambda) * -(large - 0.5 * chat) + small", "((((large))))", "large - -small * 1e-3",
    ]

    @Test("a formula that is taken reads the same when it is written again")
    func aFormulaThatIsTakenReadsTheSameWhenItIsWrittenAgain() async throws {
        let members = ["large", "chat", "small"]
        _ = try await Self.fuzz(Self.formulas, share: 0.2) { input in
            guard let text = String(validating: input, as: UTF8.self),
                let formula = try? Formula(parsing: text, members: members, parameters: ["lambda"])
            else { return }
            let again = try Formula(
                parsing: "\(formula)", members: members, parameters: ["lambda"])
            #expect(again == formula, "seed \(Self.seed): \(text)")
        }
    }
}

extension FuzzTests {
    static let templates: [String] = {
        let folder = RepositoryFiles.path("Tests/Fixtures/templates")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".jinja") }.sorted().compactMap {
            try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
    }()

    @Test("a template is rendered or refused, and a message's words stay a message's")
    func aTemplateIsRenderedOrRefusedAndAMessagesWordsStayAMessages() async throws {
        #expect(Self.templates.count > 20)
        // A character that no template holds.
        let word = "\u{e001}\u{e001}"
        let chat = ["system", "user", "assistant", "user"].map {
            ChatMessage(role: $0, content: word)
        }
        _ = try await Self.fuzz(Self.templates, share: 0.2) { input in
            let text = String(decoding: input, as: UTF8.self)
            do throws(TemplateError) {
                let template = try ChatTemplate(jinja: text, marks: ["bos_token": "<s>"])
                let mistaken = try template.render(chat).runs.contains {
                    !$0.isGiven && $0.text.unicodeScalars.contains("\u{e001}")
                }
                #expect(!mistaken, "seed \(Self.seed): \(text)")
            } catch {
                #expect(error.description.count < 400, "seed \(Self.seed): \(text)")
            }
        }
    }
}

/// Makes inputs of good ones: bytes and pieces are changed, removed, repeated, exchanged.
struct Mutator {
    let seeds: [String]
    var generator: SplitMix

    private static let pieces =
        [
            "\"", "\\", "{", "}", "[", "]", ":", ",", "null", "true", "-1", "1e999", "NaN",
            "\\u0000",
            "\\ud800", "\u{0}", "é", "😀", "(", ")", "*", "/", "-", "+", "999999999999999999999",
            "0.1",
            "&a", "*a", "!!binary ", "\n", "- ", "  ", "#", "|", ">", "? ", "large", "lambda",
        ].map { Array($0.utf8) } + [[0xff], [0xc3], [0xed, 0xa0, 0x80]]

    mutating func next() -> [UInt8] {
        var input = Array(seeds[random(seeds.count)].utf8)
        for _ in 0...random(6) { change(&input) }
        return input
    }

    private mutating func change(_ input: inout [UInt8]) {
        let (a, b) = (random(input.count + 1), random(input.count + 1))
        let range = min(a, b)..<min(max(a, b), min(a, b) + 64)
        switch random(7) {
        case 0 where !input.isEmpty: input[random(input.count)] = UInt8(random(256))
        case 1: input.removeSubrange(range)
        case 2: input.insert(contentsOf: Self.pieces[random(Self.pieces.count)], at: a)
        case 3: input.replaceSubrange(range, with: Self.pieces[random(Self.pieces.count)])
        case 4: input.insert(contentsOf: Array(input[range]), at: b)
        case 5:
            let other = Array(seeds[random(seeds.count)].utf8)
            input.replaceSubrange(range, with: other.dropFirst(random(other.count)).prefix(32))
        default:
            let piece = Self.pieces[random(Self.pieces.count)]
            input.insert(contentsOf: (0..<random(300)).flatMap { _ in piece }, at: a)
        }
    }

    private mutating func random(_ count: Int) -> Int {
        Int.random(in: 0..<max(1, count), using: &generator)
    }
}
