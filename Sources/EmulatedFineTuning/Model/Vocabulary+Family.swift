extension Vocabulary {
    /// The family of models that the vocabulary looks like, by type, size and pre-tokenizer, for messages:
    /// `Llama 3 (BPE, 128256 tokens)`; nil when it is none of the common ones.
    ///
    /// A hint for messages only. Nothing is decided by it: two of one family may still differ.
    public var family: String? {
        let known = Self.families.first {
            $0.type == type && $0.sizes.contains(count)
                && ($0.preTokenizers.isEmpty || preTokenizer.map($0.preTokenizers.contains) ?? true)
        }
        return known.map { "\($0.name) (\(type), \(count) tokens)" }
    }

    private struct Family: Sendable {
        var name: String
        var type: String
        /// With and without padding and a few added tokens.
        var sizes: ClosedRange<Int>
        /// llama.cpp's names; empty: the type has none.
        var preTokenizers: Set<String> = []
    }

    private static let families = [
        Family(name: "Llama 1, Llama 2 or Mistral", type: "SPM", sizes: 32000...32064),
        Family(name: "Mistral 0.3", type: "SPM", sizes: 32768...32800),
        Family(name: "Gemma 1 or 2", type: "SPM", sizes: 256000...256064),
        Family(name: "Gemma 3", type: "SPM", sizes: 262144...262208),
        Family(
            name: "Falcon", type: "BPE", sizes: 65024...65040, preTokenizers: ["falcon", "default"]),
        Family(
            name: "Llama 3", type: "BPE", sizes: 128256...128320,
            preTokenizers: ["llama-bpe", "llama3", "smaug-bpe"]),
        Family(
            name: "Mistral Nemo or later", type: "BPE", sizes: 131072...131080,
            preTokenizers: ["tekken"]),
        Family(
            name: "Qwen 2, 2.5 or 3", type: "BPE", sizes: 151643...152064,
            preTokenizers: ["qwen2", "deepseek-r1-qwen"]),
    ]
}
