extension String {
    /// A sentence that says what an unknown name probably stands for, with a space before it; empty where
    /// nothing comes near.
    ///
    /// What other programs call an option comes before what is spelled alike: `repeat_penalty` of llama.cpp
    /// and Ollama is `repetition_penalty`, not `presence_penalty`.
    ///
    /// - Parameter known: the names that can be given here.
    package func hint(among known: [String]) -> String {
        guard let names = ourNames else {
            return nearest(in: known).map { " Did you mean `\($0)`?" } ?? ""
        }
        if let name = names.first(where: known.contains) { return " Did you mean `\(name)`?" }
        return names.first(where: Self.ofRecipes.contains)
            .map { " The recipe sets it, as `\($0)`." } ?? ""
    }

    /// What an option of another program is called here, the likeliest first; empty for one that there is
    /// not here, nil for a name that is none of theirs.
    package var ourNames: [String]? {
        Self.otherNames[lowercased().replacing("-", with: "_")]
    }

    /// Options that a request cannot have.
    private static let ofRecipes: Set<String> = [
        "context", "threads", "gpu_layers", "tokens_per_pass", "sequences", "memory_map",
        "lock_memory", "cache_type", "flash_attention", "repack",
    ]

    /// What llama.cpp, Ollama, vLLM and transformers call the options of requests and recipes; empty for
    /// options that there are not here, whatever resembles their names.
    private static let otherNames: [String: [String]] = {
        var names: [String: [String]] = [:]
        func add(_ ours: [String], _ others: String...) {
            for other in others { names[other] = ours }
        }
        add(["repetition_penalty"], "repeat_penalty", "repeatpenalty", "rep_pen", "rep_penalty")
        add(["frequency_penalty"], "freq_penalty", "alpha_frequency")
        add(["presence_penalty"], "pres_penalty", "alpha_presence")
        add(
            ["max_tokens"], "n_predict", "num_predict", "max_new_tokens", "max_length",
            "max_output_tokens", "max_gen_len")
        add(["temperature"], "temp")
        add(["stop"], "stop_sequences", "stop_strings", "antiprompt", "reverse_prompt")
        add(["seed"], "random_seed", "manual_seed", "rng_seed")
        add(["n"], "num_return_sequences", "n_choices")
        add(["top_logprobs", "logprobs"], "n_probs")
        add(["response_format"], "format", "json_schema", "grammar", "guided_json")
        add(["logit_bias"], "logits_bias")
        add(
            ["context"], "num_ctx", "n_ctx", "ctx_size", "context_length", "context_size",
            "max_model_len", "max_seq_len")
        add(["threads"], "num_thread", "num_threads", "n_threads")
        add(["gpu_layers"], "num_gpu", "n_gpu_layers", "ngl")
        add(["tokens_per_pass"], "num_batch", "n_batch", "batch_size", "n_ubatch", "ubatch_size")
        add(["sequences"], "parallel", "n_parallel", "num_parallel", "max_num_seqs")
        add(["memory_map"], "use_mmap", "mmap")
        add(["lock_memory"], "use_mlock", "mlock")
        add(["cache_type"], "cache_type_k", "cache_type_v", "kv_cache_dtype", "type_k", "type_v")
        add(["flash_attention"], "flash_attn", "fa")
        add(["repack"], "no_repack", "use_extra_bufts")
        add(
            [], "typical_p", "typ_p", "tfs_z", "mirostat", "mirostat_tau", "mirostat_eta", "top_a",
            "repeat_last_n", "penalty_last_n", "dry_multiplier", "xtc_probability", "num_keep",
            "n_keep", "num_beams")
        return names
    }()
}
