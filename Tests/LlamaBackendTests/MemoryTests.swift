import EmulatedFineTuning
import TestSupport
import Testing

@testable import LlamaBackend

/// What is predicted of a file, and what libllama then reports of the same.
@Suite struct MemoryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        var options = LlamaOptions(
            gpuLayers: 0, threads: 1, flashAttention: .on, context: 512, sequences: 3)
        var testDescription: String {
            "\(path.split(separator: "/").last ?? "") \(options.cacheType)"
        }
    }

    static let cases: [Case] = {
        var cases = ["tiny", "tiny-window", "tiny-recurrent", "tiny-hybrid", "tiny-spm"].map {
            Case(path: Tiny.path($0))
        }
        for file in ["large-base.gguf", "small-chat.gguf"] {
            for type in [LlamaOptions.CacheType.f16, .f32, .q8] {
                var item = Case(path: RepositoryFiles.atlas(file))
                item.options.cacheType = type
                cases.append(item)
            }
        }
        return cases
    }()

    /// The bytes of libllama's reports whose names end like this, `… KV buffer size = 4.00 MiB`.
    static func reported(_ names: [String], _ lines: [String]) -> Double {
        lines.reduce(0) { sum, line in
            guard let name = names.first(where: { line.contains("\($0) buffer size =") }),
                let value = line.split(separator: "=").last?.split(separator: " ").first,
                !name.isEmpty, let mebibytes = Double(value)
            else { return sum }
            return sum + mebibytes * 1_048_576
        }
    }

    @Test("what a model will take is what libllama then reports", arguments: cases)
    func whatAModelWillTakeIsWhatLibllamaThenReports(_ item: Case) throws {
        let predicted = try LlamaModelInfo(path: item.path, options: item.options).memory
        let (_, lines) = try LlamaLog.recording {
            try LlamaModel(path: item.path, options: item.options)
        }
        // Two decimals of a MiB.
        let rounding = 0.0051 * 1_048_576
        #expect(
            abs(Double(predicted.weights) - Self.reported(["_Mapped model", "CPU model"], lines))
                < rounding)
        let caches = lines.count { $0.contains("KV buffer size") || $0.contains("RS buffer size") }
        #expect(caches > 0)
        #expect(
            abs(Double(predicted.cache) - Self.reported(["KV", "RS"], lines))
                < Double(caches) * rounding)
        let compute = Self.reported(["compute"], lines)
        #expect(compute > 0)
        #expect(Double(predicted.compute) >= compute)
        #expect(Double(predicted.compute) <= 2 * compute + 16 * 1_048_576)
        #expect(predicted.mapsWeights)
    }

    static func demand(_ name: String, _ gibibytes: Int, mapped: Bool = false) -> MemoryDemand {
        MemoryDemand(
            name,
            MemoryEstimate(weights: gibibytes << 30, cache: 0, compute: 0, mapsWeights: mapped),
            placement: .init(layers: 0, devices: []), layers: 4)
    }

    @Test("members that fit alone, and not together, are refused with every one's share")
    func membersThatFitAloneAndNotTogetherAreRefused() throws {
        let plan = MemoryPlan([Self.demand("large", 6, mapped: true), Self.demand("small", 3)])
        #expect(plan.needed(on: nil) == 9 << 30)
        try plan.require(freeOnMachine: 9 << 30)
        try plan.require(freeOnMachine: nil)
        let error = try #require(throws: LlamaError.self) {
            try plan.require(freeOnMachine: 8 << 30)
        }
        #expect(
            error.description
                == "The members together need about 9.0 GiB of memory on this machine: `large` 6.0 "
                + "GiB (mapped weights 6.0 GiB, cache 0 bytes, computing 0 bytes), `small` 3.0 GiB "
                + "(weights 3.0 GiB, cache 0 bytes, computing 0 bytes), and 8.0 GiB are free. Use a "
                + "smaller quantisation, a smaller `context` or `sequences`, or a smaller cache type "
                + "(`q8_0`); or put a member elsewhere: on an accelerator (`gpu_layers`), or the "
                + "largest on a server (`engine: vllm`).")
    }

    @Test("absurd sizes do not overflow") func absurdSizesDoNotOverflow() throws {
        let plan = MemoryPlan([
            MemoryDemand(
                "a", MemoryEstimate(weights: .max, cache: .max, compute: .max),
                placement: .init(layers: 0, devices: []), layers: 1), Self.demand("b", 1),
        ])
        #expect(plan.needed(on: nil) == .max)
        #expect(throws: LlamaError.self) { try plan.require(freeOnMachine: 1 << 40) }
    }
}
