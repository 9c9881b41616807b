import Foundation
import LlamaBackend
import Recipes
import TestSupport
import Testing

@Suite struct HuggingFaceCacheTests {
    /// A cache as `hf download org/tiny folder/tiny.gguf` leaves it.
    static func withCache(_ body: (HuggingFaceCache) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        let repository = root.appending(path: "models--org--tiny")
        let snapshot = repository.appending(path: "snapshots/c0ffee/folder")
        for folder in [snapshot, repository.appending(path: "refs")] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        try Data("c0ffee\n".utf8).write(to: repository.appending(path: "refs/main"))
        try FileManager.default.createSymbolicLink(
            atPath: snapshot.appending(path: "tiny.gguf").path,
            withDestinationPath: RepositoryFiles.path("Tests/Fixtures/llama/tiny.gguf"))
        try await body(HuggingFaceCache(environment: ["HF_HUB_CACHE": root.path]))
    }

    @Test("a name is the file of its branch or commit")
    func aNameIsTheFileOfItsBranchOrCommit() async throws {
        try await Self.withCache { cache in
            let path = "\(cache.folder)/models--org--tiny/snapshots/c0ffee/folder/tiny.gguf"
            let branch = try cache.path(of: "hf:org/tiny/folder/tiny.gguf")
            let commit = try cache.path(of: "hf:org/tiny@c0ffee/folder/tiny.gguf")
            let other = try cache.path(of: "/elsewhere/tiny.gguf")
            #expect(branch == path && commit == path && other == "/elsewhere/tiny.gguf")
        }
    }

    @Test("a recipe loads members and adapters of the cache")
    func aRecipeLoadsMembersAndAdaptersOfTheCache() async throws {
        try await Self.withCache { cache in
            let recipe = try Recipe(
                yaml: """
                    members: { a: "hf:org/tiny/folder/tiny.gguf", b: { member: a, lora: "hf:org/tiny/folder/tiny.gguf" } }
                    formula: a
                    context: 64
                    """, file: "r.yaml", folder: "/")
            var stores = ModelStores(environment: [:])
            stores.huggingFace = cache
            let located = try recipe.located(in: stores)
            #expect(located.members[1].adapters[0].path.hasSuffix("c0ffee/folder/tiny.gguf"))
            var alone = located
            alone.members.removeLast()
            let loaded = try await LoadedRecipe(alone)
            #expect(loaded.models.count == 1)
        }
    }

    @Test(
        "a file that is not there is named with the command that downloads it",
        arguments: [
            ("hf:org/tiny/other.gguf", "hf download org/tiny other.gguf"),
            ("hf:org/tiny@v2/a/b.gguf", "hf download org/tiny a/b.gguf --revision v2"),
            (
                "hf:org/tiny/x-Q4_K_M-00001-of-00009.gguf",
                "hf download org/tiny --include 'x-Q4_K_M-*-of-00009.gguf'"
            ),
            ("hf:org/other", "hf download org/other"),
            ("hf:org/other-GGUF@v2", "hf download org/other-GGUF FILE.gguf --revision v2"),
            ("hf:org/tiny/a b;c'd.gguf", "hf download org/tiny 'a b;c'\\''d.gguf'"),
        ])
    func aFileThatIsNotThereIsNamedWithTheCommandThatDownloadsIt(
        name: String, command: String
    ) async throws {
        try await Self.withCache { cache in
            let error = try #require(throws: ModelStoreError.self) { try cache.path(of: name) }
            #expect("\(error)".hasSuffix(" Download it with: \(command)"))
            let place = "the Hugging Face cache \(cache.folder)"
            #expect("\(error)".contains("`\(name)` is not in \(place). Found: "))
        }
    }

    @Test(
        "names that leave the cache or are none are refused",
        arguments: [
            "hf:", "hf:org", "hf:/tiny", "hf:org/tiny/", "hf:../tiny", "hf:org/..", "hf:org/tiny@",
            "hf:org/tiny/a\0.gguf", "hf:../../etc/passwd",
            "hf:org/tiny/../../x.gguf", "hf:org/tiny@/x.gguf", "hf:org/tiny@../x.gguf",
            "hf:org/a@b@c/x.gguf", "hf://org/tiny/x.gguf",
        ])
    func namesThatLeaveTheCacheOrAreNoneAreRefused(name: String) async throws {
        try await Self.withCache { cache in
            let error = try #require(throws: ModelStoreError.self) { try cache.path(of: name) }
            guard case .invalidName(name, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("the folder is the one that huggingface_hub uses")
    func theFolderIsTheOneThatHuggingfaceHubUses() {
        let folder = { HuggingFaceCache(environment: $0).folder }
        #expect(folder(["HF_HUB_CACHE": "/a", "HF_HOME": "/b"]) == "/a")
        #expect(folder(["HF_HOME": "/b", "XDG_CACHE_HOME": "/c"]) == "/b/hub")
        #expect(folder(["XDG_CACHE_HOME": "/c"]) == "/c/huggingface/hub")
        #expect(folder(["HF_HUB_CACHE": ""]).hasSuffix("/.cache/huggingface/hub"))
    }
}
