import EmulatedFineTuning
import LlamaBackend
import Testing

@Suite struct AdapterTests {
    private let lora = Tiny.path("tiny-lora")
    private let tokens = Tiny.tokens(8)

    @Test("two members share one model, each with its own adapters")
    func twoMembersShareOneModelEachWithItsOwnAdapters() async throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny"), options: Tiny.options())
        let base = try LlamaModel(weights)
        let tuned = try LlamaModel(weights, adapters: [LlamaAdapter(path: lora)])
        let plain = try await Tiny.model().rows(tokens, start: 0)
        let adapted = try await tuned.rows(tokens, start: 0)
        #expect(try await base.rows(tokens, start: 0) == plain)
        #expect(distance(adapted, plain) > 0.1)
        #expect(
            try await adapted
                == Tiny.model(adapters: [LlamaAdapter(path: lora)]).rows(tokens, start: 0))
        #expect(base.vocabulary.firstDifference(from: tuned.vocabulary) == nil)
    }

    @Test("scale zero leaves the base model") func scaleZeroLeavesTheBaseModel() async throws {
        let plain = try await Tiny.model().rows(tokens, start: 0)
        let none = try Tiny.model(adapters: [LlamaAdapter(path: lora, scale: 0)])
        #expect(distance(try await none.rows(tokens, start: 0), plain) < 1e-6)
        let half = try Tiny.model(adapters: [LlamaAdapter(path: lora, scale: 0.5)])
        let whole = try Tiny.model(adapters: [LlamaAdapter(path: lora)])
        let nearer = distance(try await half.rows(tokens, start: 0), plain)
        #expect(nearer > 0)
        #expect(nearer < distance(try await whole.rows(tokens, start: 0), plain))
    }

    @Test("an adapter that does not fit is refused") func anAdapterThatDoesNotFitIsRefused() throws
    {
        func error(_ adapters: [LlamaAdapter]) -> LlamaError? {
            #expect(throws: LlamaError.self) { try Tiny.model(adapters: adapters) }
        }
        func error(_ name: String) -> LlamaError? {
            error([LlamaAdapter(path: Tiny.path(name))])
        }
        let missing = Tiny.path("nothing-here")
        #expect(error("nothing-here") == .fileNotFound(path: missing))
        #expect(
            error("tiny-other")
                == .wrongKind(
                    path: Tiny.path("tiny-other"), wanted: "a LoRA adapter", found: "a model"))
        guard case .adapterFailed(_, let shape) = error("tiny-lora-too-wide") else {
            Issue.record("a wide adapter was taken")
            return
        }
        #expect(shape.contains("shape"))
        guard case .adapterFailed(_, let other) = error("tiny-lora-other-architecture") else {
            Issue.record("an adapter of another architecture was taken")
            return
        }
        #expect(other.contains("qwen3"))
        guard case .invalidOption = error([LlamaAdapter(path: lora, scale: .nan)]) else {
            Issue.record("NaN was taken")
            return
        }
        guard case .invalidOption = error([LlamaAdapter(path: lora), LlamaAdapter(path: lora)])
        else {
            Issue.record("one adapter was taken twice")
            return
        }
    }
}
