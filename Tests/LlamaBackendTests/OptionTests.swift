import EmulatedFineTuning
import LlamaBackend
import Testing

@Suite struct OptionTests {
    /// Options that libllama would end the process over, or ignore.
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var options: LlamaOptions
        var testDescription: String { text }

        init(_ text: String, _ change: (inout LlamaOptions) -> Void) {
            self.text = text
            options = Tiny.options()
            change(&options)
        }
    }

    static let cases = [
        Case("`context` must be from 1") { $0.context = 0 },
        Case("`context` must be from 1") { $0.context = -5 },
        Case("`context` must be from 1") { $0.context = .max },
        Case("at most the 512 tokens") { $0.context = 513 },
        Case("`sequences` must be from 1 to 256") { $0.sequences = 0 },
        Case("`sequences` must be from 1 to 256") { $0.sequences = 257 },
        Case("`cells` must be from 256") { $0.cells = 255 },
        Case("`cells` must be from 256") { $0.cells = .max },
        Case("`cells` must be from 8") {
            $0.context = 2
            $0.sequences = 8
            $0.cells = 4
        },
        Case("`tokensPerPass` must be from 4") { $0.tokensPerPass = 3 },
        Case("`tokensPerPass` must be from 4") { $0.tokensPerPass = .max },
        Case("`threads` must be from 1") { $0.threads = 0 },
        Case("`threads` must be from 1") { $0.threads = 100_000 },
        Case("`gpuLayers` must be 0 or more") { $0.gpuLayers = -1 },
        Case("`recurrentRewind` must be from 0") { $0.recurrentRewind = -1 },
        Case("needs flash attention") { $0.cacheType = .q8 },
    ]

    @Test("an option out of range is refused with its rule", arguments: cases)
    func anOptionOutOfRangeIsRefusedWithItsRule(_ item: Case) {
        let error = #expect(throws: LlamaError.self) {
            try LlamaModel(path: Tiny.path("tiny"), options: item.options)
        }
        guard case .invalidOption(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(item.text))
    }

    @Test("sizes are what was asked for") func sizesAreWhatWasAskedFor() throws {
        let small = try Tiny.model(
            options: Tiny.options(context: 1, sequences: 1, tokensPerPass: 1))
        #expect(small.limits.context == 1)
        #expect(small.limits.tokensPerPass == 1)
        let many = try Tiny.model(
            options: Tiny.options(context: 10, sequences: 256, tokensPerPass: 256))
        #expect(many.limits.sequences == 256)
        #expect(many.limits.cells == 2560)
        let standard = try LlamaModel(path: Tiny.path("tiny"))
        #expect(standard.limits.context == 512)
        #expect(standard.limits.sequences == 4)
        #expect(standard.limits.rewind == .full)
    }

    @Test("an accelerator that is not there is named") func anAcceleratorThatIsNotThereIsNamed() {
        var options = Tiny.options()
        options.gpuLayers = nil
        options.device = "CUDA17"
        let error = #expect(throws: LlamaError.self) {
            try LlamaModel(path: Tiny.path("tiny"), options: options)
        }
        #expect(error?.description.contains("`CUDA17`") == true)
    }

    @Test("what does not fit into memory is refused with the numbers")
    func whatDoesNotFitIntoMemoryIsRefusedWithTheNumbers() throws {
        var options = Tiny.options(context: 512, sequences: 256, tokensPerPass: 256)
        options.cells = Int(Int32.max) - 512
        let error = #expect(throws: LlamaError.self) {
            try LlamaModel(path: Tiny.path("tiny"), options: options)
        }
        guard case .notEnoughMemory(let needs, let available, _) = error, needs.count == 1 else {
            Issue.record("\(String(describing: error))")
            return
        }
        let estimate = needs[0].estimate
        // Nearly 2³¹ cells × 2 layers × 2 heads × 16 numbers × keys and values × 4 bytes.
        #expect(estimate.cache == ((1 << 31) - 512) * 2 * 2 * 16 * 2 * 4)
        #expect(available < estimate.total)
        #expect(error?.description.contains("cache 1024.0 GiB") == true)
    }

    @Test("members on one device share its thread") func membersOnOneDeviceShareItsThread()
        async throws
    {
        let a = try Tiny.model()
        let b = try Tiny.model("tiny-other")
        #expect(a.executor === b.executor)
        #expect(a.weights.executor.device == "CPU")
    }
}
