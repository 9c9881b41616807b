import Foundation
import LlamaBackend
import TestSupport
import Testing

@testable import Recipes

/// Ollama's store, LM Studio's folder, snapshots and plain folders, laid out as these programs lay them out.
@Suite struct ModelStoreTests {
    static func recipe(_ file: String, lora: String? = nil) throws -> Recipe {
        let lora = lora.map { ", lora: \"\($0)\"" } ?? ""
        return try Recipe(
            yaml: "members: { a: { file: \"\(file)\"\(lora) } }\nformula: a\ncontext: 64\n",
            file: "r.yaml", folder: "/")
    }

    /// The path that a member's name leads to.
    static func path(of name: String, _ home: ModelHome) throws -> String {
        let located = try recipe(name).located(in: ModelStores(environment: home.environment))
        guard case .file(let path) = located.members[0].source else { return "" }
        return path
    }

    /// What is said instead.
    static func refusal(of name: String, lora: String? = nil, _ home: ModelHome) throws -> String {
        let error = try #require(throws: ModelStoreError.self) {
            try recipe(name, lora: lora).located(in: ModelStores(environment: home.environment))
        }
        return "\(error)"
    }

    // MARK: Ollama

    @Test(
        "a name of Ollama is the blob of its manifest",
        arguments: [
            ("ollama:tiny", "registry.ollama.ai/library/tiny/latest"),
            ("ollama:tiny:0.5b-q4_K_M", "registry.ollama.ai/library/tiny/0.5b-q4_K_M"),
            ("ollama:someone/tiny", "registry.ollama.ai/someone/tiny/latest"),
            ("ollama:hf.co/org/Tiny-GGUF:Q4_K_M", "hf.co/org/Tiny-GGUF/Q4_K_M"),
            ("ollama:localhost:5000/org/tiny:v1", "localhost:5000/org/tiny/v1"),
        ])
    func aNameOfOllamaIsTheBlobOfItsManifest(name: String, manifest: String) async throws {
        try await ModelHome.with { home in
            let blobs = try home.ollama(
                manifest, [("license", Data("MIT".utf8)), ("model", ModelHome.fixture("tiny"))])
            #expect(try Self.path(of: name, home) == blobs[1])
        }
    }

    @Test("a model of Ollama is loaded, and what is not used of it is said")
    func aModelOfOllamaIsLoaded() async throws {
        try await ModelHome.with { home in
            try home.ollama(
                "registry.ollama.ai/library/tiny/latest",
                [
                    ("model", ModelHome.fixture("tiny")),
                    ("adapter", ModelHome.fixture("tiny-lora")),
                    ("template", Data("{{ .Prompt }}".utf8)),
                    ("params", Data(#"{"temperature":0.1}"#.utf8)), ("license", Data("MIT".utf8)),
                ])
            let loaded = try await LoadedRecipe(
                Self.recipe("ollama:tiny"), environment: home.environment)
            #expect(loaded.recipe.members[0].adapters.count == 1)
            #expect(loaded.recipe.members[0].origin?.name == "ollama:tiny")
            let adapter =
                "`a` has the LoRA adapter that Ollama keeps with `ollama:tiny`. It is applied at "
                + "scale 1, as in Ollama."
            let unused =
                "What Ollama keeps with `a` is not used: template, parameters. Chats use the chat "
                + "template in the GGUF file; `ollama show --modelfile tiny` shows the rest, to copy "
                + "into `prompt:` and `sampling:`."
            #expect(loaded.notes.prefix(2) == [adapter, unused])
            // The adapter counts: other scores than the same weights without it.
            let plain = try await LoadedRecipe(
                Self.recipe(RepositoryFiles.path("Tests/Fixtures/llama/tiny.gguf")),
                environment: home.environment)
            #expect(plain.notes.allSatisfy { !$0.contains("Ollama") })
            #expect(plain.recipe.members[0].origin == nil)
        }
    }

    @Test("the adapter of a model of Ollama can lie over another member")
    func theAdapterOfAModelOfOllamaCanLieOverAnotherMember() async throws {
        try await ModelHome.with { home in
            let blobs = try home.ollama(
                "registry.ollama.ai/me/tuned/latest",
                [("model", ModelHome.fixture("tiny")), ("adapter", ModelHome.fixture("tiny-lora"))])
            let tiny = RepositoryFiles.path("Tests/Fixtures/llama/tiny.gguf")
            let located = try Self.recipe(tiny, lora: "ollama:me/tuned")
                .located(in: ModelStores(environment: home.environment))
            #expect(located.members[0].adapters.map(\.path) == [blobs[1]])
            #expect(located.members[0].origin?.adapters == ["ollama:me/tuned"])
            // Over another architecture libllama refuses it.
            let error = await #expect(throws: LlamaError.self) {
                try await LoadedRecipe(
                    Self.recipe(
                        RepositoryFiles.path("Tests/Fixtures/llama/tiny-hybrid.gguf"),
                        lora: "ollama:me/tuned"), environment: home.environment)
            }
            #expect("\(String(describing: error))".contains("fits only the base model"))
        }
    }

    @Test("OLLAMA_MODELS takes the place of the default folders")
    func ollamaModelsTakesThePlaceOfTheDefaultFolders() async throws {
        try await ModelHome.with { home in
            let layers: [ModelHome.Layer] = [("model", try ModelHome.fixture("tiny"))]
            try home.ollama("registry.ollama.ai/library/tiny/latest", layers)
            let other = try home.ollama(
                "registry.ollama.ai/library/tiny/latest", layers, folder: "elsewhere")
            var environment = home.environment
            environment["OLLAMA_MODELS"] = "\(home.path)/elsewhere"
            #expect(try OllamaStore(environment: environment).model("ollama:tiny").path == other[0])
            #expect(
                OllamaStore(environment: ["HOME": "/me"]).folders == [
                    "/me/.ollama/models", "/usr/share/ollama/.ollama/models",
                ])
        }
    }

    @Test("what is wrong with Ollama's store is said, with the command that mends it")
    func whatIsWrongWithOllamasStoreIsSaid() async throws {
        try await ModelHome.with { home in
            let place = "registry.ollama.ai/library"
            let tiny: ModelHome.Layer = ("model", try ModelHome.fixture("tiny"))
            let gone = try home.ollama("\(place)/gone/latest", [tiny])
            try FileManager.default.removeItem(atPath: gone[0])
            #expect(
                try Self.refusal(of: "ollama:gone", home)
                    == "Ollama's manifest of `gone:latest` names a file that is not there: \(gone[0]). "
                    + "Fetch it again with: ollama pull gone:latest")
            // What a pull that was stopped leaves.
            try Data(count: 10).write(to: URL(filePath: "\(gone[0])-partial"))
            try Data("{}".utf8).write(to: URL(filePath: "\(gone[0])-partial-0"))
            #expect(
                try Self.refusal(of: "ollama:gone", home).hasSuffix(
                    "Its download is unfinished; continue it with: ollama pull gone:latest"))

            let cut = try home.ollama("\(place)/cut/latest", [tiny])
            try tiny.contents.prefix(1000).write(to: URL(filePath: cut[0]))
            #expect(
                try Self.refusal(of: "ollama:cut", home)
                    == "The file `\(cut[0])` is incomplete: it must have \(tiny.contents.count) bytes, and has "
                    + "1000. Fetch it again with: ollama pull cut:latest")

            let folder = "\(home.path)/.ollama/models/manifests/\(place)"
            for (name, text, reason) in [
                ("empty", "", "it cannot be parsed"), ("html", "<html>", "it cannot be parsed"),
                ("list", "[]", "it cannot be parsed"), ("bare", "{}", "it has no `layers`"),
                ("huge", String(repeating: " ", count: 2 << 20), "it has 2097152 bytes"),
                (
                    "climbing",
                    #"{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../../etc/passwd"}]}"#,
                    "`sha256:../../../etc/passwd` is not a digest"
                ),
            ] {
                try home.write(".ollama/models/manifests/\(place)/\(name)/latest", text)
                #expect(
                    try Self.refusal(of: "ollama:\(name)", home)
                        == "Ollama's manifest of a model must be JSON with layers: \(folder)/\(name)/latest "
                        + "is not, \(reason). Fetch it again with: ollama pull \(name):latest")
            }

            try home.ollama("\(place)/cloud/latest", [("params", Data("{}".utf8))])
            #expect(try Self.refusal(of: "ollama:cloud", home).contains("runs in Ollama's cloud"))
            try home.ollama("\(place)/tensors/latest", [("tensor", Data(count: 8))])
            #expect(try Self.refusal(of: "ollama:tensors", home).contains("as single tensors"))
            try home.ollama("\(place)/split/latest", [tiny, tiny])
            #expect(try Self.refusal(of: "ollama:split", home).contains("split into 2 files"))
            #expect(
                try Self.refusal(of: tiny0, lora: "ollama:split", home)
                    .contains("has 0 LoRA adapters in Ollama's store"))
        }
    }

    private let tiny0 = RepositoryFiles.path("Tests/Fixtures/llama/tiny.gguf")

    @Test("a name that Ollama does not have is answered with the nearest that it has")
    func aNameThatOllamaDoesNotHaveIsAnsweredWithTheNearest() async throws {
        try await ModelHome.with { home in
            #expect(
                try Self.refusal(of: "ollama:qwen3", home)
                    == "`eft` does not download models, and `ollama:qwen3:latest` is not in "
                    + "\(home.path)/.ollama/models. No models were found there. "
                    + "Fetch it with: ollama pull qwen3:latest")
            for tag in ["0.6b", "1.7b", "4b", "8b", "14b", "32b"] {
                try home.ollama("registry.ollama.ai/library/qwen3/\(tag)", [])
            }
            try home.ollama("hf.co/org/Other-GGUF/Q8_0", [])
            let text = try Self.refusal(of: "ollama:qwen3:8B", home)
            #expect(text.contains(" Found: ollama:qwen3:8b, ollama:qwen3:"))
            #expect(text.contains(" and 1 more. Fetch it with: ollama pull qwen3:8B"))
            #expect(!text.contains("Other-GGUF") && text.count < 400)
        }
    }

    // MARK: LM Studio

    @Test("a name of LM Studio is a file of its folder, wherever that is")
    func aNameOfLMStudioIsAFileOfItsFolder() async throws {
        let file = "org/Tiny-GGUF/tiny-Q4_K_M.gguf"
        let places: [(folder: String, pointer: String?, settings: String?)] = [
            (".lmstudio/models", nil, nil), (".cache/lm-studio/models", nil, nil),
            ("data/lm/models", "data/lm", nil), ("disk/llms", nil, ".lmstudio"),
            ("disk/llms", nil, ".config/LM Studio"),
        ]
        for place in places {
            try await ModelHome.with { home in
                let path = try home.write(
                    "\(place.folder)/\(file)", ModelHome.fixture("tiny"))
                try home.write(
                    "\(place.folder)/org/Tiny-GGUF/mmproj-tiny-f16.gguf", Data("GGUF".utf8))
                if let pointer = place.pointer {
                    try home.write(".lmstudio-home-pointer", "\(home.path)/\(pointer)\n")
                }
                if let settings = place.settings {
                    try home.write(
                        "\(settings)/settings.json",
                        #"{"downloadsFolder":"\#(home.path)/\#(place.folder)"}"#)
                }
                #expect(try Self.path(of: "lmstudio:\(file)", home) == path)
                #expect(try Self.path(of: "lmstudio:org/Tiny-GGUF", home) == path)
            }
        }
    }

    @Test("a model that LM Studio does not have is answered with those that it has")
    func aModelThatLMStudioDoesNotHave() async throws {
        try await ModelHome.with { home in
            try home.write(".lmstudio/models/org/Tiny-GGUF/a.gguf", Data())
            try home.write(".lmstudio/models/org/Tiny-GGUF/b.gguf", Data())
            let folders = "\(home.path)/.lmstudio/models or \(home.path)/.cache/lm-studio/models"
            #expect(
                try Self.refusal(of: "lmstudio:org/Tiny-GGUF/c.gguf", home)
                    == "`eft` does not download models, and `lmstudio:org/Tiny-GGUF/c.gguf` "
                    + "is not in \(folders). Found: org/Tiny-GGUF/a.gguf, org/Tiny-GGUF/b.gguf. "
                    + "Download it with: lms get https://huggingface.co/org/Tiny-GGUF")
            #expect(
                try Self.refusal(of: "lmstudio:org/Other", home)
                    .contains(" Found: org/Tiny-GGUF. Download it with: lms get "))
            #expect(
                try Self.refusal(of: "lmstudio:org/Tiny-GGUF", home)
                    == "A folder must contain exactly one model, but \(home.path)/.lmstudio/models/org/Tiny-GGUF "
                    + "has 2: a.gguf, b.gguf. Name the file you want.")
        }
    }

    // MARK: Folders

    @Test("a repository of the cache with one model needs no file's name")
    func aRepositoryOfTheCacheWithOneModelNeedsNoFilesName() async throws {
        try await ModelHome.with { home in
            let tiny = try ModelHome.fixture("tiny")
            let one = try home.huggingFace(
                "org/One-GGUF", ["tiny.gguf": tiny, "README.md": Data()])
            #expect(try Self.path(of: "hf:org/One-GGUF", home) == "\(one)/tiny.gguf")
            #expect(try Self.path(of: "hf:org/One-GGUF@c0ffee", home) == "\(one)/tiny.gguf")
            // A split model counts as one, in a folder of its own too.
            let parts = try (1...2).map { try ModelHome.fixture("tiny-split-0000\($0)-of-00002") }
            let split = try home.huggingFace(
                "org/Split-GGUF",
                [
                    "Q4/tiny-split-00001-of-00002.gguf": parts[0],
                    "Q4/tiny-split-00002-of-00002.gguf": parts[1], "mmproj-F16.gguf": Data(),
                    "imatrix.gguf": Data(),
                ])
            let first = "\(split)/Q4/tiny-split-00001-of-00002.gguf"
            #expect(try Self.path(of: "hf:org/Split-GGUF/Q4", home) == first)
            let loaded = try await LoadedRecipe(
                Self.recipe("hf:org/Split-GGUF/Q4"), environment: home.environment)
            #expect(loaded.models.count == 1)
            let two = try home.huggingFace("org/Two-GGUF", ["a.gguf": tiny, "b.gguf": tiny])
            #expect(
                try Self.refusal(of: "hf:org/Two-GGUF", home)
                    == "A folder must contain exactly one model, but \(two) has 2: a.gguf, b.gguf. "
                    + "Name the file you want.")
        }
    }

    @Test("a download into the cache that was stopped is continued")
    func aDownloadIntoTheCacheThatWasStopped() async throws {
        try await ModelHome.with { home in
            try home.write(".cache/huggingface/hub/models--org--tiny/refs/main", "c0ffee")
            try home.write(
                ".cache/huggingface/hub/models--org--tiny/blobs/00ff.incomplete", Data(count: 9))
            #expect(
                try Self.refusal(of: "hf:org/tiny/tiny.gguf", home).hasSuffix(
                    "A download is unfinished; continue it with: hf download org/tiny tiny.gguf"))
            // The link is there, the file behind it is not.
            let snapshot = try home.huggingFace("org/linked", ["a.gguf": Data()])
            try FileManager.default.removeItem(
                atPath: FileManager.default.destinationOfSymbolicLink(atPath: "\(snapshot)/a.gguf"))
            #expect(
                try Self.refusal(of: "hf:org/linked/a.gguf", home)
                    .hasSuffix("Download it with: hf download org/linked a.gguf"))
        }
    }

    @Test("a folder without a model says what it lacks")
    func aFolderWithoutAModelSaysWhatItLacks() async throws {
        try await ModelHome.with { home in
            let rule =
                "A folder must contain one GGUF file, or safetensors with their `config.json`: "
            func folder(_ name: String, _ files: [String]) throws -> String {
                for file in files { try home.write("\(name)/\(file)", "{}") }
                return "\(home.path)/\(name)"
            }
            for (name, files, reason) in [
                ("text", ["notes.txt"], "has none. Name the model's folder or file."),
                ("bare", ["config.json"], "has only a `config.json`. Download all of the model."),
                (
                    "old", ["config.json", "pytorch_model.bin"],
                    "has PyTorch's older files. Save the model again with `safe_serialization=True`."
                ),
                (
                    "lora", ["adapter_config.json", "adapter_model.safetensors"],
                    "is a LoRA adapter. Name it under `lora:`, and its base model under `file:`."
                ),
            ] {
                let path = try folder(name, files)
                #expect(try Self.refusal(of: path, home) == "\(rule)\(path) \(reason)")
            }
            let later = try folder("later", ["x-00002-of-00003.gguf", "x-00003-of-00003.gguf"])
            #expect(
                try Self.refusal(of: later, home)
                    == "A folder must contain all parts of a split model: \(later) has no part 1 of 3. "
                    + "Download the missing parts.")
            let one = try folder("one", ["model-00001-of-00002.safetensors", "config.json"])
            #expect(
                try Self.refusal(of: "\(one)/model-00001-of-00002.safetensors", home)
                    .contains("is one file of a safetensors model"))
        }
    }

    @Test(
        "a folder that cannot be read is named",
        .disabled(if: getuid() == 0, "root reads every folder"))
    func aFolderThatCannotBeReadIsNamed() async throws {
        try await ModelHome.with { home in
            try home.write("closed/a.gguf", "")
            let closed = "\(home.path)/closed"
            chmod(closed, 0)
            defer { chmod(closed, 0o755) }
            #expect(
                try Self.refusal(of: closed, home)
                    == "Models must be readable: \(closed) is not, permission denied. Check its permissions."
            )
        }
    }

    @Test(
        "a hostile name is refused",
        arguments: [
            "ollama:", "ollama:/", "ollama:..", "ollama:../../etc/passwd", "ollama:a/../b",
            "ollama:a:../b",
            "ollama:/etc/passwd", "ollama:a:b:c", "ollama:a@sha256:00", "ollama:a\0b", "ollama:a b",
            "ollama:h/u/m/x", "ollama:\(String(repeating: "a", count: 5000))", "ollama:-x",
            "ollama:é",
            "lmstudio:", "lmstudio:a", "lmstudio:a/", "lmstudio:/a/b", "lmstudio:../a/b.gguf",
            "lmstudio:a/../../b", "lmstudio:a/b\0/c.gguf",
        ])
    func aHostileNameIsRefused(name: String) async throws {
        try await ModelHome.with { home in
            let stores = ModelStores(environment: home.environment)
            let error = try #require(throws: ModelStoreError.self) { try stores.model(name) }
            guard case .invalidName(name, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect("\(error)".count < 500)
            #expect("\(error)".hasSuffix(" is not such a name. Correct it."))
        }
    }

    @Test("a very long name is refused with a short message") func aVeryLongNameIsRefused()
        async throws
    {
        try await ModelHome.with { home async throws in
            let long = String(repeating: "x", count: 3000)
            for name in ["lmstudio:a/b/\(long)", "hf:a/b/\(long)"] {
                #expect(try Self.refusal(of: name, home).count < 700)
            }
        }
    }
}
