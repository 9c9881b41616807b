import EmulatedFineTuning
import Synchronization
import TestSupport
import Testing

@testable import LlamaBackend

/// What libllama warns about while it loads a file.
@Suite struct WarningTests {
    /// Lines as libllama writes them, and what they say to a person.
    static let lines: [([String], [LlamaWarning])] = [
        ([], []),
        (
            [
                "load: missing pre-tokenizer type, using: 'default'",
                "load:                                             ",
                "load: ************************************        ",
                "load: GENERATION QUALITY WILL BE DEGRADED!        ",
                "load: CONSIDER REGENERATING THE MODEL             ",
                "load: ************************************        ",
            ], [.missingPreTokenizer(assumed: "default")]
        ),
        (
            [
                "load: bad special token: 'tokenizer.ggml.bos_token_id' = 99999, using default id 11",
                "load: bad special token: 'tokenizer.ggml.padding_token_id' = 500, using default id -1",
            ],
            [
                .badSpecialToken(key: "tokenizer.ggml.bos_token_id", id: "99999", instead: "11"),
                .badSpecialToken(key: "tokenizer.ggml.padding_token_id", id: "500", instead: nil),
            ]
        ),
        (
            [
                "load: control-looking token: 128008 '<|eom_id|>' was not control-type; this is "
                    + "probably a bug in the model. its type will be overridden",
                "load: control-looking token:    107 '<end_of_turn>' was not control-type; this is "
                    + "probably a bug in the model. its type will be overridden",
            ], [.uncontrolledMarks(["<end_of_turn>", "<|eom_id|>"])]
        ),
        (
            [
                "model has unused tensor blk.46.nextn.eh_proj.weight (size = 1024 bytes) -- ignoring",
                "model has unused tensor blk.46.nextn.enorm.weight (size = 64 bytes) -- ignoring",
            ], [.unusedTensors(["blk.46.nextn.eh_proj.weight", "blk.46.nextn.enorm.weight"])]
        ),
        (
            [
                "load: special_eot_id is not in special_eog_ids - the tokenizer config may be incorrect",
                "load: special_eot_id is not in special_eog_ids - the tokenizer config may be incorrect",
                "llama_kv_cache_iswa: using full-size SWA cache (ref: https://example.org)",
                "llama_context: n_ctx_seq (1024) > n_ctx_train (512) -- possible training context "
                    + "overflow",
            ],
            [
                .other(
                    "special_eot_id is not in special_eog_ids - the tokenizer config may be incorrect"
                )
            ]
        ),
        (
            [
                "llama_adapter_lora_init_impl: lora for 'blk.16.attn_q.weight' cannot use buft "
                    + "'CPU_REPACK', fallback to CPU",
                "load: something else",
                "llama_adapter_lora_init_impl: lora for 'blk.17.attn_q.weight' cannot use buft "
                    + "'CPU_REPACK', fallback to CPU",
                "llama_adapter_lora_init_impl: lora for 'blk.17.attn_q.weight' cannot use buft "
                    + "'CPU_REPACK', fallback to CPU",
                "llama_adapter_lora_init_impl: lora for 'blk.16.attn_q.weight' cannot use buft "
                    + "'CUDA', fallback to CPU",
            ],
            [
                .repeated("lora for '…' cannot use buft 'CPU_REPACK', fallback to CPU", count: 2),
                .other("something else"),
                .other("lora for 'blk.16.attn_q.weight' cannot use buft 'CUDA', fallback to CPU"),
            ]
        ),
    ]

    @Test("libllama's lines become one warning for each thing", arguments: lines.indices)
    func libllamasLinesBecomeOneWarningForEachThing(index: Int) {
        #expect(LlamaWarning.warnings(in: Self.lines[index].0) == Self.lines[index].1)
    }

    @Test("warnings say what was found and what to do")
    func warningsSayWhatWasFoundAndWhatToDo() {
        let texts: [(LlamaWarning, String)] = [
            (
                .missingPreTokenizer(assumed: "default"),
                "the file does not say how text is cut into tokens (`tokenizer.ggml.pre` is missing). "
                    + "libllama assumes `default`. If that is wrong, replies get worse. Convert "
                    + "the model again with a current convert_hf_to_gguf.py."
            ),
            (
                .badSpecialToken(key: "k", id: "9", instead: "1"),
                "`k` is 9, which is not a token of the vocabulary; libllama uses 1 instead. Correct it "
                    + "with gguf-py's gguf_set_metadata.py, or convert the model again."
            ),
            (
                .badSpecialToken(key: "k", id: "9", instead: nil),
                "`k` is 9, which is not a token of the vocabulary; libllama uses none. Correct it "
                    + "with gguf-py's gguf_set_metadata.py, or convert the model again."
            ),
            (
                .uncontrolledMarks(["<a>"]),
                "the file calls `<a>` ordinary text; libllama takes it for a control token. If it "
                    + "is a mark of the chat, others may be typed wrongly, too: convert the model again."
            ),
            (
                .unusedTensors(["a", "b", "c", "d", "e"]),
                "libllama ignores the 5 tensors `a`, `b`, `c`, `d` and 1 more of this file. Replies may "
                    + "be worse, unless this is an optional extra, such as layers for multi-token "
                    + "prediction."
            ),
            (.other("strange"), "libllama says: strange"),
            (.repeated("'…' is odd", count: 3), "libllama says of 3 tensors: '…' is odd"),
        ]
        for (warning, text) in texts { #expect("\(warning)" == text) }
    }

    static let options = LlamaOptions(gpuLayers: 0, threads: 1, context: 64, sequences: 2)

    @Test("a file's warnings are kept with its weights")
    func aFilesWarningsAreKeptWithItsWeights() throws {
        let path = RepositoryFiles.path("Tests/Fixtures/vocabularies/warned.gguf")
        let model = try LlamaModel(path: path, options: Self.options)
        #expect(
            model.warnings == [
                .missingPreTokenizer(assumed: "default"),
                .badSpecialToken(key: "tokenizer.ggml.bos_token_id", id: "99999", instead: "11"),
                .uncontrolledMarks(["<|im_end|>"]),
            ])
    }

    @Test(
        "a file without faults has no warnings",
        arguments: [
            "Tests/Fixtures/llama/tiny.gguf", "Tests/Fixtures/llama/tiny-spm.gguf",
            "Tests/Fixtures/llama/tiny-window.gguf", "Tests/Fixtures/llama/tiny-recurrent.gguf",
            "Tests/Fixtures/llama/tiny-hybrid.gguf",
            "Tests/Fixtures/llama/tiny-split-00001-of-00002.gguf",
            "Atlas/weights/large-base.gguf", "Atlas/weights/small-chat.gguf",
        ])
    func aFileWithoutFaultsHasNoWarnings(file: String) throws {
        let model = try LlamaModel(path: RepositoryFiles.path(file), options: Self.options)
        #expect(model.warnings == [])
    }

    @Test("an adapter that loads cleanly has none either")
    func anAdapterThatLoadsCleanlyHasNoneEither() throws {
        let folder = RepositoryFiles.path("Tests/Fixtures/llama")
        let model = try LlamaModel(
            path: folder + "/tiny.gguf", options: Self.options,
            adapters: [LlamaAdapter(path: folder + "/tiny-lora.gguf")])
        #expect(model.warnings == [])
    }

    @Test("while a file is read, its progress goes from little to all")
    func whileAFileIsReadItsProgressGoesFromLittleToAll() throws {
        let shares = Mutex<[Double]>([])
        _ = try LlamaWeights(
            path: RepositoryFiles.atlas("small-base.gguf"), options: Self.options,
            progress: { share in shares.withLock { $0.append(share) } })
        let seen = shares.withLock { $0 }
        #expect(seen.count > 1)
        #expect(seen == seen.sorted())
        #expect(seen.last == 1)
        #expect(seen.allSatisfy { (0...1).contains($0) })
    }
}
