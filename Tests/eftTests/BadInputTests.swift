import Foundation
import TestSupport
import Testing

/// Bad input ends in one clear message and exit code 1, or 64 where the command line is wrong.
@Suite struct BadInputTests {
    static let tiny = "Tests/Fixtures/llama/tiny.gguf"

    struct Case: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var code: Int32 = 1
        var text: String
        var input = Data()

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static func adHoc(_ formula: String, _ more: [String] = [], member: String = tiny) -> [String] {
        ["generate", "--member", "a=\(member)", "--member", "b=\(tiny)", "--formula", formula]
            + more + ["--max-tokens", "2", "hello"]
    }

    static let cases: [Case] = [
        Case(
            arguments: adHoc("a", member: "/nowhere.gguf"),
            text: "there is no file at `/nowhere.gguf`"),
        Case(
            arguments: adHoc("a", member: "Tests"),
            text:
                "A folder must contain one GGUF file, or safetensors with their `config.json`: Tests has none."
        ),
        Case(
            arguments: adHoc("a", member: "Atlas/weights"),
            text: "Atlas/weights has 7: large-base.gguf, large-chat.gguf, "),
        Case(
            arguments: adHoc("a", member: "ollama:../x"), text: "is named `ollama:NAME`"),
        Case(
            arguments: adHoc("a", member: "lmstudio:x"), text: "is named `lmstudio:publisher/repo`"),
        Case(
            arguments: adHoc("a", member: "hf:org/absent/model.gguf"),
            text: "Download it with: hf download org/absent model.gguf"),
        Case(
            arguments: adHoc("a", member: "hf:model.gguf"),
            text: "is named `hf:organisation/repository`"),
        Case(arguments: adHoc("a", member: "Package.swift"), text: "starts with"),
        Case(
            arguments: adHoc("a", member: "Tests/Fixtures/llama/header-encoder.gguf"),
            text: "must predict the next token"),
        Case(
            arguments: adHoc("a + b - a", member: "Tests/Fixtures/llama/tiny-spm.gguf"),
            text: "`a` has another vocabulary than `b` (their tokenizers differ in type"),
        Case(arguments: adHoc("a * b"), text: "must be linear in its members"),
        Case(arguments: adHoc("a + c"), text: "`c` is neither (members are `a`, `b`)"),
        Case(arguments: adHoc("a + 1"), text: "a number cannot be added to"),
        Case(arguments: adHoc("(1/0) * a"), text: "Weights must be finite"),
        Case(
            arguments: adHoc("2 * a", ["--fallback", "b"]),
            text: "must have the same sum as those of the formula"),
        Case(arguments: adHoc("a", ["--nucleus", "1.5"]), text: "more than 0 and at most 1"),
        Case(arguments: adHoc("a", ["--set", "x=hot"]), text: "must be a finite number"),
        Case(
            arguments: adHoc("a + b - a", ["--set", "nope=1"]),
            text: "there is no `nope` in `a + b - a`. There are no parameters."),
        Case(
            arguments: adHoc(
                "a + k * (b - a)", ["--fallback", "b", "--set", "k=1", "--set", "j=1"]),
            text: "no `j` in `a + k * (b - a)` or `b`. The parameters are: `k`. Did you mean `k`?"),
        Case(
            arguments: adHoc("a + k * (b - a)", ["--set", "k=1", "--set", "top_p=1"]),
            text: "Sampling has options of its own: --top-p."),
        Case(
            arguments: ["generate", "Recipes/atlas-proxy.yaml", "--set", "beta=1", "hi"],
            text: "The parameters are: `alpha`."),
        Case(
            arguments: ["inspect", "Recipes/atlas.yaml", "--set", "nope=1"],
            text: "There are no parameters."),
        Case(
            arguments: adHoc("a", ["--temperature=-1"]), text: "`temperature` must be in the range"),
        Case(arguments: adHoc("a", ["--top-p", "nan"]), text: "`top_p` must be in the range"),
        Case(arguments: adHoc("a", ["--logit-bias", "9999=1"]), text: "token ids 0 to"),
        Case(
            arguments: [
                "generate", "--member", "a=\(tiny)", "--formula", "a", "--max-tokens", "100000",
                "hi",
            ],
            text: "Prompt and reply must fit the context"),
        Case(
            arguments: [
                "generate", "--member", "a=\(tiny)", "--formula", "a", "--max-tokens",
                "9223372036854775807", "hi",
            ],
            text: "Prompt and reply must fit the context"),
        Case(arguments: adHoc("a", ["--template", "sphinx"]), text: "sphinx"),
        Case(
            arguments: adHoc("a", ["--context", "90000000"]),
            text: "`context` must be at most the 512 tokens"),
        Case(arguments: adHoc("a", ["--lora", "c=x"]), text: "--lora names `c`"),
        Case(
            arguments: [
                "generate", "--member", "a=\(tiny)", "--formula", "a", "--context", "64", "--raw",
                "-",
            ],
            text: "A prompt and at least one token of reply must fit the context",
            input: Data(String(repeating: "word ", count: 500).utf8)),
        Case(
            arguments: ["generate", "--member", "a=\(tiny)", "--formula", "a", "-"],
            text: "Text must be UTF-8: standard input is not", input: Data([0x66, 0xff, 0xfe])),
        Case(
            arguments: ["generate", "--member", "a=\(tiny)", "--formula", "a", "--raw", "-"],
            text: "A prompt needs at least one token"),
        Case(arguments: ["generate", "nowhere.yaml", "hi"], text: "there is no such file"),
        Case(
            arguments: ["generate", "Recipes/atlas-proxy.yaml", "--set", "alpha=9", "hi"],
            text: "`alpha` must lie between 0"),
        Case(
            arguments: [
                "generate", "--member", "a=\(tiny)", "--formula", "a", "--prompts", "Package.swift",
            ],
            text: "Package.swift:1: every line must be a JSON object"),
        Case(
            arguments: ["score", "--member", "a=\(tiny)", "--formula", "a", "--pairs", "/nowhere"],
            text: "There is no file at /nowhere"),
        Case(arguments: ["serve", "nowhere.yaml"], text: "there is no such file"),
        Case(arguments: ["serve", "Sources"], text: "must contain a .yaml file: Sources has none"),
        Case(
            arguments: ["serve", "Recipes/atlas.yaml", "Recipes/atlas.yaml"],
            text: "`atlas` is there twice"),
        Case(
            arguments: ["serve", "Recipes/atlas.yaml", "--api-key-file", "/nowhere"],
            text: "must be readable UTF-8 text: /nowhere"),
        Case(
            arguments: ["serve", "Recipes/atlas.yaml", "--port", "0", "--host", "192.0.2.1"],
            text: "A server must be able to listen: 192.0.2.1"),
        Case(arguments: ["serve"], code: 64, text: "<recipes>"),
        Case(
            arguments: ["serve", "r.yaml", "--allow-host", "https://eft.example.org"], code: 64,
            text: "--allow-host takes the name of a host"),
        Case(
            arguments: ["serve", "r.yaml", "--allow-origin", "app.example.org"], code: 64,
            text: "--allow-origin takes an origin"),
        Case(
            arguments: ["serve", "r.yaml", "--allow-origin", "null"], code: 64,
            text: "received `null`"),
        Case(
            arguments: ["serve", "r.yaml", "--port", "70000"], code: 64,
            text: "--port must be from 0 to 65535"),
        Case(arguments: ["playground"], code: 64, text: "<recipes>"),
        Case(arguments: ["playground", "nowhere.yaml"], text: "there is no such file"),
        Case(
            arguments: ["playground", "r.yaml", "--port", "70000"], code: 64,
            text: "--port must be from 0 to 65535"),
        Case(
            arguments: ["playground", "r.yaml", "--sequences", "0"], code: 64,
            text: "--sequences must be from 1 to 256"),
        Case(arguments: ["generate"], code: 64, text: "A recipe is needed"),
        Case(
            arguments: ["generate", "r.yaml", "--no-bos", "hi"], code: 64,
            text: "--no-bos and --no-parse-special go with --raw"),
        Case(
            arguments: ["generate", "r.yaml", "--schema", "a", "--regex", "b", "hi"], code: 64,
            text: "one of --schema, --grammar and --regex"),
        Case(
            arguments: adHoc("a", ["--schema", "/nowhere"]), text: "There is no file at /nowhere"),
        Case(arguments: adHoc("a", ["--regex", "(a"]), text: "The regular expression cannot be"),
        Case(
            arguments: ["generate", "--member", "a=x", "hi"], code: 64,
            text: "Members need a formula"),
        Case(arguments: ["generate", "--member", "x", "hi"], code: 64, text: "--member"),
        Case(
            arguments: ["generate", "r.yaml", "--temperature", "warm"], code: 64,
            text: "--temperature"),
        Case(
            arguments: ["score", "r.yaml"], code: 64, text: "Give either --prompt and --response"),
        Case(
            arguments: ["generate", "r.yaml", "--block", "many"], code: 64, text: "--block"),
        Case(
            arguments: ["generate", "r.yaml", "--block", "4", "--speculation", "off"], code: 64,
            text: "--block has no effect with --speculation off"),
        Case(
            arguments: ["generate", "r.yaml", "--coupling", "loose"], code: 64, text: "--coupling"),
        Case(arguments: ["bench", "r.yaml", "--block", "65"], code: 64, text: "from 1 to 64"),
        Case(
            arguments: ["generate", "r.yaml", "--repeat-penalty", "1.1", "hi"], code: 64,
            text: "Unknown option '--repeat-penalty'. Did you mean '--repetition-penalty'?"),
        Case(
            arguments: ["generate", "r.yaml", "--n-predict", "9", "hi"], code: 64,
            text: "Did you mean '--max-tokens'?"),
        Case(
            arguments: ["generate", "r.yaml", "--temprature", "9", "hi"], code: 64,
            text: "Did you mean '--temperature'?"),
        Case(arguments: ["frobnicate"], code: 64, text: "frobnicate"),
    ]

    @Test("bad input is refused with one clear message", arguments: cases)
    func badInputIsRefusedWithOneClearMessage(_ bad: Case) throws {
        let outcome = try Tool.run(bad.arguments, input: bad.input)
        #expect(outcome.code == bad.code, "\(outcome.errors)")
        #expect(outcome.errors.contains(bad.text), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("members that cannot go back are decoded plainly, with one notice")
    func membersThatCannotGoBackAreDecodedPlainlyWithOneNotice() throws {
        let recurrent = "Tests/Fixtures/llama/tiny-recurrent.gguf"
        let arguments = [
            "generate", "--member", "a=\(recurrent)", "--member", "b=\(recurrent)", "--formula",
            "a + b - a", "--fallback", "b", "--temperature", "0", "--max-tokens", "4", "--json",
            "hi",
        ]
        let notice = "the cache of `a` cannot be cut back after a rejected draft"
        let outcome = try Tool.run(arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.components(separatedBy: notice).count == 2, "\(outcome.errors)")
        #expect(outcome.output.contains("\"drafted\":0"))
        let quiet = try Tool.run(arguments + ["--speculation", "off"])
        #expect(!quiet.errors.contains(notice))
        #expect(quiet.output.contains("\"reply\""))
    }

    @Test("a member that does not fit into memory is refused with the numbers")
    func aMemberThatDoesNotFitIntoMemoryIsRefusedWithTheNumbers() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "large-\(UUID()).yaml")
        let yaml = """
            members: { a: \(RepositoryFiles.path(Self.tiny)) }
            formula: a
            engine: { sequences: 256, cells: 1000000000 }
            """
        try Data(yaml.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let outcome = try Tool.run(["generate", path.path, "hi"])
        #expect(outcome.code == 1)
        #expect(
            outcome.errors.contains("memory") && outcome.errors.contains("GiB"), "\(outcome.errors)"
        )
    }

    @Test("arguments that are not UTF-8 are refused") func argumentsThatAreNotUTF8AreRefused()
        throws
    {
        // Foundation cannot pass such an argument: the shell makes it.
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c",
            "exec '\(Tool.path)' generate --member a=\(Self.tiny) --formula a \"$(printf '\\377')\"",
        ]
        process.currentDirectoryURL = RepositoryFiles.root
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(String(decoding: text, as: UTF8.self).contains("Arguments must be UTF-8 text"))
    }

    @Test("a file cut short is refused, wherever it was cut", arguments: [0, 3, 24, 1000, 60_000])
    func aFileCutShortIsRefusedWhereverItWasCut(length: Int) throws {
        let whole = try Data(contentsOf: URL(filePath: RepositoryFiles.path(Self.tiny)))
        let path = FileManager.default.temporaryDirectory.appending(
            path: "eft-cut-\(length)-\(UUID()).gguf")
        try whole.prefix(length).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let outcome = try Tool.run(
            ["generate", "--member", "a=\(path.path)", "--formula", "a", "hi"])
        #expect(outcome.code == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("Error: ") && outcome.errors.contains(path.path))
    }
}
