import EmulatedFineTuning
import LlamaBackend
import Testing

@Suite struct ModelInfoTests {
    @Test("a file says what it holds") func aFileSaysWhatItHolds() throws {
        let info = try LlamaModelInfo(path: Tiny.path("tiny"), options: Tiny.options())
        #expect(info.name == "Tiny")
        #expect(info.architecture == "llama")
        // 267 × 32 embeddings, 32 for the last norm; a layer: 2 norms, 4 × 32² and 3 × 32 × 64.
        #expect(info.parameters == 267 * 32 + 32 + 2 * (2 * 32 + 4 * 32 * 32 + 3 * 32 * 64))
        #expect(info.fileSize == 122_784)
        #expect(info.quantisation == "all F32")
        #expect(info.trainingContext == 512)
        #expect(info.layers == 2)
        #expect(info.embeddingLength == 32)
        #expect(info.vocabularySize == 267)
        #expect(info.license == "mit")
        #expect(info.chatTemplateText?.contains("<|im_start|>") == true)
        #expect(info.slidingWindow == nil)
        // 1024 cells × 2 layers × 32 numbers × keys and values × 4 bytes.
        #expect(info.memory.cache == 1024 * 2 * 32 * 2 * 4)
        #expect(try info.rewindClass() == .full)
    }

    @Test("rewind classes are told apart") func rewindClassesAreToldApart() throws {
        #expect(try LlamaModelInfo(path: Tiny.path("tiny-recurrent")).rewindClass() == .none)
        let window = try LlamaModelInfo(path: Tiny.path("tiny-window"))
        #expect(window.slidingWindow == 16)
        #expect(try window.rewindClass() == .full)
    }

    @Test("the library says its version and its devices")
    func theLibrarySaysItsVersionAndItsDevices() {
        #expect(LlamaRuntime.version.contains("."))
        #expect(LlamaRuntime.kernels.hasPrefix("ggml "))
        #expect(!LlamaRuntime.systemInfo.isEmpty)
        #expect(LlamaRuntime.devices.contains { !$0.isAccelerator })
    }
}
