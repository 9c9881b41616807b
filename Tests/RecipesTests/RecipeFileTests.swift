import EmulatedFineTuning
import LlamaBackend
import Recipes
import RemoteBackend
import Testing

@Suite struct RecipeFileTests {
    static let complete = """
        name: everything
        description: every key once
        members:
          large: models/large.gguf
          small: { file: /abs/small.gguf, gpu_layers: 3 }
          chat: { member: small, lora: [chat.gguf, { file: more.gguf, scale: 0.5 }], prompt: plain }
        formula: large + beta * (chat - small)
        parameters:
          beta: { default: 1, range: [0, 2] }
          gamma: 0.25
        fallback: chat
        mask: { nucleus: 0.95, effect: fallback }
        control_tokens: formula
        draft: chat
        speculation: off
        coupling: paper
        prompt: { template: chatml, system: Be kind. }
        sampling: { temperature: 0.7, top_k: 40, top_p: 0.9, min_p: 0.01, repetition_penalty: 1.1,
                    presence_penalty: 0.1, frequency_penalty: 0.2, logit_bias: { 5: -100 },
                    max_tokens: 64, stop: ["\\n\\n"] }
        context: 300
        engine: { threads: 2, gpu_layers: 0, memory_map: false, cache_type: f32,
                  flash_attention: off, sequences: 3, cells: 900, tokens_per_pass: 128 }
        """

    @Test("every key is read, and paths start at the recipe")
    func everyKeyIsReadAndPathsStartAtTheRecipe() throws {
        let recipe = try Recipe(yaml: Self.complete, file: "r.yaml", folder: "/home/models")
        #expect(recipe.name == "everything")
        #expect(recipe.members.map(\.name) == ["large", "small", "chat"])
        #expect(recipe.members[0].source == .file("/home/models/models/large.gguf"))
        #expect(recipe.members[1].source == .file("/abs/small.gguf"))
        #expect(recipe.members[1].gpuLayers == 3)
        #expect(recipe.members[2].source == .member("small"))
        #expect(
            recipe.members[2].adapters == [
                LlamaAdapter(path: "/home/models/chat.gguf"),
                LlamaAdapter(path: "/home/models/more.gguf", scale: 0.5),
            ])
        #expect(recipe.members[2].prompt == .plain)
        #expect("\(recipe.formula)" == "large + beta * (chat - small)")
        #expect(
            recipe.parameters == [
                Parameter("beta", default: 1, in: 0...2), Parameter("gamma", default: 0.25),
            ])
        #expect(recipe.fallback == "chat")
        #expect(recipe.mask == Mask(.nucleus(0.95)))
        #expect(recipe.control == .formula)
        #expect(recipe.prompt == .named("chatml"))
        #expect(recipe.system == "Be kind.")
        #expect(recipe.defaults.sampling.logitBias == [5: -100])
        #expect(recipe.defaults.sampling.topK == 40)
        #expect(recipe.defaults.maxTokens == 64)
        #expect(recipe.defaults.speculation == .off)
        #expect(recipe.defaults.coupling == .paper)
        #expect(recipe.defaults.stop == ["\n\n"])
        #expect(recipe.options.context == 300)
        #expect(recipe.options.cacheType == .f32)
        #expect(recipe.options.flashAttention == .off)
        #expect(recipe.options.sequences == 3)
    }

    @Test("a recipe needs members and a formula only") func aRecipeNeedsMembersAndAFormulaOnly()
        throws
    {
        let recipe = try Recipe(
            yaml: "members: { a: a.gguf }\nformula: a", file: "tiny.yaml", folder: "/")
        #expect(recipe.name == "tiny")
        #expect(recipe.prompt == .own)
        #expect(recipe.defaults == GenerationDefaults())
    }

    @Test("a member may be on a server") func aMemberMayBeOnAServer() throws {
        let recipe = try Recipe(
            yaml: """
                members:
                  large:
                    engine: vllm
                    url: https://cluster:8000
                    model: large-70b
                    api_key_env: CLUSTER_KEY
                    ca_file: ca.pem
                    timeout: 30
                    prompt: raw
                  chat: chat.gguf
                formula: large + chat - chat
                """, file: "r.yaml", folder: "/home")
        #expect(
            recipe.members[0].source
                == .remote(
                    RemoteDeclaration(
                        .vllm, url: "https://cluster:8000", model: "large-70b",
                        keyVariable: "CLUSTER_KEY", authorities: "/home/ca.pem", timeout: 30)))
        #expect(recipe.members[0].prompt == .raw)
    }

    @Test(
        "a wrong recipe is refused with place, rule and remedy",
        arguments: [
            ("a: [", "r.yaml: line 2, column 1: did not find expected node content"),
            ("", "A recipe must be YAML: r.yaml: it is empty."),
            (
                "formula: a\nformula: b",
                "A recipe must be YAML: r.yaml: line 1: `formula` is given twice."
            ),
            (
                "\u{feff}formula: a",
                "r.yaml:1: the required key `members` is missing. Add it."
            ),
            (
                "name: \"a\\r\\nb\"\nmembers: {a: b}\nformula: a",
                "r.yaml:1, `name`: a name needs at least one character, and all must be printable."
            ),
            ("just text", "r.yaml:1: expected a mapping of keys to values, received `just text`."),
            (
                "member: {}",
                "r.yaml:1: `member` is not a valid key here. Did you mean `members`? Valid keys: name, "
                    + "aliases, description, members,"
            ),
            ("formula: a", "r.yaml:1: the required key `members` is missing. Add it."),
            ("members: {a: b}", "r.yaml:1: the required key `formula` is missing. Add it."),
            (
                "members: [a]\nformula: a",
                "r.yaml:1, `members`: expected a mapping of keys to values, received a list."
            ),
            ("members: {}\nformula: a", "r.yaml:1, `members`: a recipe needs at least one member."),
            (
                "members: {a: {fil: x}}\nformula: a",
                "r.yaml:1, `members.a`: `fil` is not a valid key here. Did you mean `file`?"
            ),
            (
                "members: {a: {lora: x}}\nformula: a",
                "`members.a`: a member needs either `file`, or `member` and `lora`, or `engine`, `url` "
                    + "and `model`: this one has none of them."
            ),
            (
                "members: {a: {engine: vlm, url: u, model: m}}\nformula: a",
                "`members.a.engine`: must be one of vllm, eft: `vlm` is not. Did you mean `vllm`?"
            ),
            (
                "members: {a: {url: u, model: m}}\nformula: a",
                "`members.a.url`: `url` needs `engine`, the kind of server: vllm or eft."
            ),
            (
                "members: {a: {engine: vllm, model: m}}\nformula: a",
                "`members.a`: the required key `url` is missing. Add it."
            ),
            (
                "members: {a: {engine: vllm, url: u}}\nformula: a",
                "`members.a`: the required key `model` is missing. Add it."
            ),
            (
                "members: {a: {engine: vllm, url: u, model: m, file: x}}\nformula: a",
                "`members.a.file`: a remote member has no `file`. Leave it out."
            ),
            (
                "members: {a: {engine: vllm, url: u, model: m, timeout: 0}}\nformula: a",
                "`members.a.timeout`: must lie between 0.1 and 86400: 0 does not."
            ),
            (
                "members: {a: {member: b}}\nformula: a",
                "`member` must name a member that has a file: `b` has none."
            ),
            (
                "members: {1a: x}\nformula: a",
                "a name must be a letter or `_`, then letters, digits and `_`: `1a` is not."
            ),
            (
                "members: {large: x}\nformula: large + lrge",
                "`lrge` is neither (members are `large`). Did you mean `large`?"
            ),
            (
                "members: {a: x, b: y}\nformula: a\nparameters: {b: 1}",
                "`parameters.b`: a member has the same name. Rename one."
            ),
            (
                "members: {a: x}\nformula: a\nparameters: {t: {range: [0, 1]}}",
                "`parameters.t`: the required key `default` is missing"
            ),
            (
                "members: {a: x}\nformula: a\nparameters: {t: {default: 1, range: [2, 0]}}",
                "the lower bound must come first: [0, 2]."
            ),
            (
                "members: {a: x}\nformula: a\nparameters: {t: .nan}",
                "`parameters.t`: expected a finite number, received `.nan`."
            ),
            (
                "members: {a: x}\nformula: a\nmask: {nucleus: 0.9, relative: 0.1}",
                "a mask needs exactly one of `nucleus`, `relative` and `tokens`: this one has nucleus "
                    + "and relative."
            ),
            (
                "members: {a: x}\nformula: a\nmask: {nucleus: 0.9, effect: forbd}",
                "must be one of forbid, fallback: `forbd` is not. Did you mean `forbid`?"
            ),
            (
                "members: {a: x}\nformula: a\nspeculation: 5000",
                "`speculation`: must be auto, off, or a block length from 0 to 1024: `5000` is not."
            ),
            (
                "members: {a: x}\nformula: a\ncoupling: loose",
                "`coupling`: must be one of matched, paper: `loose` is not."
            ),
            (
                "members: {a: x}\nformula: a\nsampling: {temperature: hot}",
                "r.yaml:3, `sampling.temperature`: expected a finite number, received `hot`."
            ),
            (
                "members: {a: x}\nformula: a\nsampling: {top_p: 1.5}",
                "`sampling.top_p`: must lie between 0 and 1: 1.5 does not."
            ),
            (
                "members: {a: x}\nformula: a\ncontext: 1.5",
                "`context`: expected a whole number, received `1.5`."
            ),
            (
                "members: {a: x}\nformula: a\nformula: a",
                "r.yaml"
            ),
            (
                "members: {a: x}\nformula: a\nengine: {memory_map: 7}",
                "`engine.memory_map`: expected true or false, received `7`."
            ),
        ])
    func aWrongRecipeIsRefusedWithPlaceRuleAndRemedy(yaml: String, text: String) {
        let error = #expect(throws: (any Error).self) {
            try Recipe(yaml: yaml, file: "r.yaml", folder: "/")
        }
        #expect(error.map { "\($0)" }?.contains(text) == true, "\(error.map { "\($0)" } ?? "none")")
    }

    @Test("hostile YAML ends in an error, soon") func hostileYAMLEndsInAnErrorSoon() {
        let bomb =
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "bcdefghi".reduce(into: ("a", "")) { state, next in
                let alias = Array(repeating: "*\(state.0)", count: 9).joined(separator: ",")
                state.1 += "\(next): &\(next) [\(alias)]\n"
                state.0 = "\(next)"
            }.1
        for yaml in [bomb, String(repeating: "[", count: 200_000), "\u{0}", "a: *b", "? [a]\n: b"] {
            #expect(throws: (any Error).self) {
                try Recipe(yaml: yaml, file: "r.yaml", folder: "/")
            }
        }
    }
}
