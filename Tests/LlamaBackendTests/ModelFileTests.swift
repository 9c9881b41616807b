import EmulatedFineTuning
import Foundation
import LlamaBackend
import Testing

@Suite struct ModelFileTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "eft-\(UUID().uuidString)")

    private func error(_ path: String) -> LlamaError? {
        #expect(throws: LlamaError.self) { try LlamaWeights(path: path) }
    }

    private func write(_ data: Data, _ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "model.gguf")
        try data.write(to: file)
        try body(file.path(percentEncoded: false))
    }

    @Test("a missing file is named") func aMissingFileIsNamed() {
        let path = Tiny.path("nothing-here")
        #expect(error(path) == .fileNotFound(path: path))
        #expect(error("") == .fileNotFound(path: ""))
        #expect(error(Tiny.path("tiny") + "/below") != nil)
        #expect(error("a\0b") == .fileNotFound(path: "a\0b"))
    }

    @Test("a folder is not a model") func aFolderIsNotAModel() {
        let path = FileManager.default.temporaryDirectory.path(percentEncoded: false)
        #expect(error(path) == .notAFile(path: path))
    }

    @Test("an empty file is not a model") func anEmptyFileIsNotAModel() throws {
        try write(Data()) { #expect(error($0) == .emptyFile(path: $0)) }
    }

    @Test("a file of another kind is shown by its start") func aFileOfAnotherKindIsShownByItsStart()
        throws
    {
        try write(Data("#!/bin/sh".utf8)) {
            #expect(error($0) == .notGGUF(path: $0, start: "#!/b"))
        }
        try write(Data([0x50, 0x4b, 3])) {
            #expect(error($0) == .notGGUF(path: $0, start: "PK."))
        }
    }

    @Test(
        "a file cut off anywhere is refused",
        arguments: [4, 8, 23, 24, 100, 1000, 4000, 6000, 50_000, 122_783])
    func aFileCutOffAnywhereIsRefused(_ length: Int) throws {
        let whole = try Data(contentsOf: URL(filePath: Tiny.path("tiny")))
        #expect(whole.count == 122_784)
        try write(whole.prefix(length)) { path in
            switch error(path) {
            case .truncated(_, let expected, let actual):
                #expect(actual == length)
                #expect(expected > length && expected <= whole.count)
            case .brokenHeader(_, let reason):
                #expect(reason != "no reason given")
            case let other:
                Issue.record("\(String(describing: other))")
            }
        }
    }

    @Test("bytes turned over in the header never end the process")
    func bytesTurnedOverInTheHeaderNeverEndTheProcess() throws {
        let whole = try Data(contentsOf: URL(filePath: Tiny.path("tiny")))
        for position in stride(from: 4, to: 600, by: 7) {
            var broken = whole
            broken[position] ^= 0xff
            // Most are refused; a flipped letter of a name harms nobody.
            try write(broken) { path in
                do { _ = try LlamaWeights(path: path) } catch is LlamaError {}
            }
        }
    }

    @Test("an architecture that libllama does not know is named")
    func anArchitectureThatLibllamaDoesNotKnowIsNamed() {
        let path = Tiny.path("header-unknown-architecture")
        #expect(
            error(path)
                == .unsupportedArchitecture(path: path, architecture: "notyetinvented"))
    }

    @Test("an encoder is not a member") func anEncoderIsNotAMember() {
        let path = Tiny.path("header-encoder")
        #expect(
            error(path)
                == .notADecoder(path: path, reason: "also looks at the tokens after it"))
    }

    @Test("a model without a usable tokenizer is not a member")
    func aModelWithoutAUsableTokenizerIsNotAMember() {
        let none = Tiny.path("header-without-tokenizer")
        #expect(error(none) == .noTokenizer(path: none, reason: "carries none"))
        let partial = Tiny.path("tiny-spm-without-bytes")
        #expect(
            error(partial)
                == .noTokenizer(path: partial, reason: "carries one without a token for byte 0"))
    }

    @Test("an adapter is not a model") func anAdapterIsNotAModel() {
        let path = Tiny.path("tiny-lora")
        #expect(
            error(path)
                == .wrongKind(path: path, wanted: "a model", found: "a GGUF of type `adapter`"))
    }

    @Test("a split model is its first part") func aSplitModelIsItsFirstPart() async throws {
        let first = Tiny.path("tiny-split-00001-of-00002")
        let second = Tiny.path("tiny-split-00002-of-00002")
        #expect(error(second) == .notFirstPart(path: second, first: first))
        let split = try LlamaModel(path: first, options: Tiny.options())
        let whole = try Tiny.model()
        #expect(split.weights.info.parts == 2)
        #expect(split.weights.info.parameters == whole.weights.info.parameters)
        let tokens = Tiny.tokens(5)
        #expect(
            try await split.rows(tokens, start: 0) == whole.rows(tokens, start: 0))
    }

    @Test("a split model needs all its parts") func aSplitModelNeedsAllItsParts() throws {
        let first = try Data(contentsOf: URL(filePath: Tiny.path("tiny-split-00001-of-00002")))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "m-00001-of-00002.gguf")
        try first.write(to: file)
        let missing = folder.appending(path: "m-00002-of-00002.gguf").path(percentEncoded: false)
        #expect(error(file.path(percentEncoded: false)) == .fileNotFound(path: missing))
    }
}
