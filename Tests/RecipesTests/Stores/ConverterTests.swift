import Foundation
import LlamaBackend
import Synchronization
import TestSupport
import Testing

@testable import Recipes

/// What is converted, when, and into which file; the converter is a script that copies a finished GGUF file.
/// `Tests/convert` runs llama.cpp's own.
@Suite struct ConverterTests {
    /// Sets up a converter that runs `body`, a line of the shell: `$OUT` is the file to write, `$HOME_FOLDER`
    /// the home. Every call is noted in `calls`.
    static func setUp(_ home: ModelHome, _ body: String, version: String = "fake 1") throws {
        let folder = ".local/share/eft/convert"
        try home.write("\(folder)/version", version + "\n")
        let python = try home.write(
            "\(folder)/venv/bin/python",
            """
            #!/bin/sh
            for OUT; do :; done
            HOME_FOLDER='\(home.path)'
            echo "$*" >>"$HOME_FOLDER/calls"
            \(body)
            """)
        chmod(python, 0o755)
    }

    static func copying(_ fixture: String) -> String {
        "cp '\(RepositoryFiles.path("Tests/Fixtures/llama/\(fixture).gguf"))' \"$OUT\""
    }

    static func calls(_ home: ModelHome) -> [String] {
        let text = (try? String(contentsOfFile: "\(home.path)/calls", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// The stores of a home, with what they report.
    static func stores(_ home: ModelHome) -> (ModelStores, Reports) {
        var stores = ModelStores(environment: home.environment)
        let reports = Reports()
        stores.converter.report = { reports.add($0) }
        return (stores, reports)
    }

    final class Reports: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// What is in the cache of converted files.
    static func converted(_ home: ModelHome) -> [String] {
        let folder = "\(home.path)/.cache/eft/converted"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { !$0.hasSuffix(".lock") }.sorted()
    }

    static func model(_ home: ModelHome, _ name: String = "models/My Tiny") throws -> String {
        try home.write("\(name)/config.json", #"{"architectures":["LlamaForCausalLM"]}"#)
        try home.write("\(name)/tokenizer.json", "{}")
        try home.write("\(name)/model.safetensors", ModelHome.safetensors())
        return "\(home.path)/\(name)"
    }

    static func adapter(
        _ home: ModelHome, _ name: String = "adapter", _ keys: String = #""peft_type":"LORA","#
    ) throws -> String {
        try home.write(
            "\(name)/adapter_config.json",
            #"{\#(keys)"base_model_name_or_path":"org/base","r":8,"lora_alpha":16}"#)
        try home.write("\(name)/adapter_model.safetensors", ModelHome.safetensors("F32"))
        return "\(home.path)/\(name)"
    }

    @Test("a folder of safetensors is converted once, and again when it has changed")
    func aFolderOfSafetensorsIsConvertedOnce() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, Self.copying("tiny"))
            let folder = try Self.model(home)
            let (stores, reports) = Self.stores(home)
            let first = try stores.model(folder)
            #expect(first.folder == folder)
            #expect(first.path.hasPrefix("\(home.path)/.cache/eft/converted/My-Tiny-"))
            #expect(
                reports.all
                    == ["converting \(folder) to GGUF (only this first time): \(first.path)"])
            let script = "\(home.path)/.local/share/eft/convert"
            let call = try #require(Self.calls(home).first)
            #expect(
                call.hasPrefix(
                    "\(script)/convert.py \(script)/convert_hf_to_gguf.py \(folder) --outtype auto --outfile "
                ))
            #expect(try stores.model(folder).path == first.path)
            #expect(Self.calls(home).count == 1 && reports.all.count == 1)
            // Another tokenizer, the same size.
            try home.write("models/My Tiny/tokenizer.json", "[]")
            #expect(try stores.model(folder).path == first.path)
            #expect(Self.calls(home).count == 2)
            // Another version of the converter.
            try Self.setUp(home, Self.copying("tiny"), version: "fake 2")
            #expect(try stores.model(folder).path == first.path)
            #expect(Self.calls(home).count == 3)
            // No converter at all: what is converted stays usable.
            try FileManager.default.removeItem(atPath: "\(home.path)/.local")
            #expect(try stores.model(folder).path == first.path)
            #expect(
                Self.converted(home).map { URL(filePath: $0).pathExtension } == ["gguf", "txt"])
        }
    }

    @Test("a converted folder and its adapter make members") func makesMembers() async throws {
        try await ModelHome.with { home in
            try Self.setUp(
                home,
                """
                case "$*" in
                *convert_lora*) \(Self.copying("tiny-lora")) ;;
                *) \(Self.copying("tiny")) ;;
                esac
                """)
            let folder = try Self.model(home)
            let adapter = try Self.adapter(home)
            let recipe = try Recipe(
                yaml: """
                    members:
                      small: "\(folder)"
                      chat: { member: small, lora: { file: "\(adapter)", scale: 0.5 } }
                    formula: small + chat
                    context: 64
                    """, file: "r.yaml", folder: "/")
            let (stores, _) = Self.stores(home)
            let located = try recipe.located(in: stores)
            // The base of the adapter is the folder that its member was converted from.
            #expect(
                Self.calls(home).last?.contains("\(adapter) --base \(folder) --outtype f32") == true
            )
            #expect(located.members[1].origin?.adapters == [adapter])
            #expect(located.members[1].adapters[0].scale == 0.5)
            #expect(located.members[0].origin?.folder == folder)
            let loaded = try await LoadedRecipe(located, environment: home.environment)
            #expect(loaded.models.count == 2)
        }
    }

    @Test("a repository of the cache is converted under its own name")
    func aRepositoryOfTheCacheIsConverted() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, Self.copying("tiny"))
            let snapshot = try home.huggingFace(
                "org/Tiny-1B",
                ["config.json": Data("{}".utf8), "model.safetensors": ModelHome.safetensors("F32")])
            let (stores, _) = Self.stores(home)
            let found = try stores.model("hf:org/Tiny-1B")
            #expect(found.path.hasPrefix("\(home.path)/.cache/eft/converted/org--Tiny-1B-"))
            // 32 bits stay 32 bits.
            #expect(Self.calls(home)[0].contains("\(snapshot) --outtype f32 "))
        }
    }

    @Test("without a converter the error is the command that sets it up")
    func withoutAConverterTheErrorIsTheCommand() async throws {
        try await ModelHome.with { home in
            let folder = try Self.model(home)
            let (stores, reports) = Self.stores(home)
            let error = try #require(throws: ModelStoreError.self) { try stores.model(folder) }
            let command = RepositoryFiles.path("Scripts/setup-convert")
            #expect(
                "\(error)"
                    == "\(folder) was not converted to GGUF, because llama.cpp's converters are not set "
                    + "up. Set them up once (this downloads PyTorch) with: " + command)
            #expect(FileManager.default.isExecutableFile(atPath: command))
            #expect(reports.all.isEmpty && Self.converted(home).isEmpty)
        }
    }

    @Test(
        "a conversion that fails leaves nothing but its output",
        arguments: [
            ("echo 'Model Foo is not supported' >&2; exit 1", "Model Foo is not supported"),
            ("echo half >\"$OUT\"; echo 'disk full'; exit 1", "disk full"),
            ("echo half >\"$OUT\"; kill -9 $$", "it ended with status 9."),
            (": >\"$OUT\"", "it ended with status 0."),
        ])
    func aConversionThatFailsLeavesNothing(body: String, said: String) async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, body)
            let folder = try Self.model(home)
            let (stores, _) = Self.stores(home)
            let error = try #require(throws: ModelStoreError.self) { try stores.model(folder) }
            let left = Self.converted(home)
            #expect(left.count == 1 && left[0].hasSuffix(".log"))
            let log = "\(home.path)/.cache/eft/converted/\(left[0])"
            #expect(
                error
                    == .conversionFailed(folder: folder, said: said, command: "cat \(log)"))
            // The next try starts anew.
            try Self.setUp(home, Self.copying("tiny"))
            #expect(try stores.model(folder).path.hasSuffix(".gguf"))
            #expect(Self.converted(home).allSatisfy { !$0.hasSuffix(".log") })
        }
    }

    @Test("two that want the same file convert it once") func twoConvertOnce() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, "sleep 1; \(Self.copying("tiny"))")
            let folder = try Self.model(home)
            let (stores, reports) = Self.stores(home)
            let paths = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<3 {
                    // Threads of their own: the calls block.
                    group.addTask {
                        try await withCheckedThrowingContinuation { continuation in
                            Thread.detachNewThread {
                                continuation.resume(
                                    with: Result { try stores.model(folder).path })
                            }
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(paths.count == 1 && Self.calls(home).count == 1)
            #expect(reports.all.filter { $0.hasPrefix("another process converts") }.count == 2)
        }
    }

    @Test("what a killed conversion has left is removed by the next one")
    func whatAKilledConversionHasLeftIsRemoved() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, Self.copying("tiny"))
            let folder = try Self.model(home)
            let (stores, _) = Self.stores(home)
            let path = try stores.model(folder).path
            let name = String(path.dropLast(".gguf".count))
            try Data("half".utf8).write(to: URL(filePath: "\(name).123.partial"))
            try FileManager.default.removeItem(atPath: path)
            _ = try stores.model(folder)
            #expect(
                Self.converted(home).map { URL(filePath: $0).pathExtension } == ["gguf", "txt"])
        }
    }

    @Test("safetensors that are cut or are none are refused before anything is converted")
    func safetensorsThatAreCutAreRefused() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, Self.copying("tiny"))
            let folder = try Self.model(home)
            let file = "models/My Tiny/model.safetensors"
            let whole = ModelHome.safetensors()
            func refusal(_ data: Data) throws -> String {
                try home.write(file, data)
                let error = try #require(throws: ModelStoreError.self) {
                    try Self.stores(home).0.model(folder)
                }
                return "\(error)"
            }
            #expect(
                try refusal(whole.dropLast())
                    == "The file `\(home.path)/\(file)` is incomplete: it must have \(whole.count) bytes, and "
                    + "has \(whole.count - 1). Download it again; `hf download` goes on where it stopped."
            )
            #expect(try refusal(whole.prefix(20)).contains("is incomplete"))
            for data in [
                Data(), Data("version https://git-lfs.github.com/spec/v1".utf8), Data(count: 100),
                Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("[]".utf8),
                Data([10, 0, 0, 0, 0, 0, 0, 0]) + Data(#"{"x":null}"#.utf8),
                Data(repeating: 0xff, count: 64),
                Data([72, 0, 0, 0, 0, 0, 0, 0])
                    + Data(
                        #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}"#
                            .utf8),
            ] {
                #expect(try refusal(data).contains("has `model.safetensors`, which is not one"))
            }
            try home.write(file, whole)
            try home.write(
                "models/My Tiny/model.safetensors.index.json",
                #"{"weight_map":{"x":"model.safetensors","y":"model-2.safetensors"}}"#)
            let error = try #require(throws: ModelStoreError.self) {
                try Self.stores(home).0.model(folder)
            }
            #expect("\(error)".contains("lacks model-2.safetensors. Download it again"))
            #expect(Self.calls(home).isEmpty && Self.converted(home).isEmpty)
        }
    }

    @Test("an adapter's base model is looked up in the cache")
    func anAdaptersBaseIsLookedUpInTheCache() async throws {
        try await ModelHome.with { home in
            try Self.setUp(home, Self.copying("tiny-lora"))
            let adapter = try Self.adapter(home)
            let (stores, _) = Self.stores(home)
            let error = try #require(throws: ModelStoreError.self) {
                try stores.adapter(adapter, base: nil)
            }
            #expect(
                "\(error)"
                    == "To convert a LoRA adapter, the `config.json` of its base model is needed, but it was "
                    + "not found: \(adapter) was trained on `org/base`. "
                    + "Download it (a few KB) with: hf download org/base config.json")
            let base = try home.huggingFace("org/base", ["config.json": Data("{}".utf8)])
            #expect(try stores.adapter(adapter, base: nil).path.hasSuffix(".gguf"))
            #expect(Self.calls(home)[0].contains("\(adapter) --base \(base) --outtype f32"))
            // Of the cache, too.
            let files = try [PEFTAdapter.weights, ModelFolder.adapterConfiguration].map {
                ($0, try Data(contentsOf: URL(filePath: "\(adapter)/\($0)")))
            }
            try home.huggingFace("org/lora", Dictionary(uniqueKeysWithValues: files))
            #expect(try stores.adapter("hf:org/lora", base: nil).path.contains("/org--lora-"))
        }
    }

    @Test(
        "an adapter that GGUF cannot express is refused",
        arguments: [
            (#""use_rslora":true,"#, "use_rslora"), (#""use_dora":true,"#, "use_dora"),
            (#""alpha_pattern":{"q_proj":4},"#, "alpha_pattern"),
            (#""modules_to_save":["lm_head"],"#, "modules_to_save"),
            (#""lora_bias":true,"#, "lora_bias"), (#""peft_type":"IA3","#, "IA3"),
        ])
    func anAdapterThatGGUFCannotExpressIsRefused(keys: String, named: String) async throws {
        try await ModelHome.with { home in
            let adapter = try Self.adapter(home, "adapter", keys)
            let error = try #require(throws: ModelStoreError.self) {
                try ModelStores(environment: home.environment).adapter(adapter, base: nil)
            }
            #expect(
                "\(error)".contains("cannot be written as a GGUF adapter")
                    && "\(error)".contains(named))
        }
    }

    @Test("a broken adapter folder says what is wrong") func aBrokenAdapterFolder() async throws {
        try await ModelHome.with { home async throws in
            func refusal(_ files: [String: Data]) throws -> String {
                try? FileManager.default.removeItem(atPath: "\(home.path)/x")
                for (name, data) in files { try home.write("x/\(name)", data) }
                let error = try #require(throws: ModelStoreError.self) {
                    try ModelStores(environment: home.environment)
                        .adapter("\(home.path)/x", base: nil)
                }
                return "\(error)"
            }
            let weights = ModelHome.safetensors()
            #expect(
                try refusal(["adapter_config.json": Data("{}".utf8)])
                    .hasSuffix("/x has none. Download all of the adapter."))
            #expect(
                try refusal(["adapter_config.json": Data("{}".utf8), "adapter_model.bin": Data()])
                    .hasSuffix("Save the adapter again with `safe_serialization=True`."))
            #expect(
                try refusal([
                    "adapter_config.json": Data("[".utf8), "adapter_model.safetensors": weights,
                ])
                .contains("has one that is not JSON of that form"))
            #expect(
                try refusal([
                    "adapter_config.json": Data("{}".utf8), "adapter_model.safetensors": weights,
                ])
                .contains("names no base model. Copy it there with: cp BASE/config.json "))
            #expect(try refusal(["notes.txt": Data()]).contains("has neither. Name the folder"))
        }
    }
}
