import CLlama
public import EmulatedFineTuning

/// What a model file says about itself, and what it would take to run it.
public struct LlamaModelInfo: Sendable, Equatable {
    public let path: String
    /// The model's name as its makers gave it.
    public let name: String?
    /// The network's family, such as `llama` or `qwen3`.
    public let architecture: String
    /// Numbers in all tensors.
    public let parameters: Int
    /// Bytes of the file; of a split model, of all its parts.
    public let fileSize: Int
    /// Files that the model is split into.
    public let parts: Int
    /// The numbers it is stored in, such as `Q4_K - Medium`; nil if the file does not say.
    public let quantisation: String?
    /// Tokens that the model was trained to look back on; 0 if the file does not say.
    public let trainingContext: Int
    public let layers: Int
    /// Numbers that stand for one token inside the network.
    public let embeddingLength: Int
    /// Tokens in the vocabulary.
    public let vocabularySize: Int
    /// The licence, as the file words it.
    public let license: String?
    /// The chat template that the file carries (Jinja); nil if it has none.
    public let chatTemplateText: String?
    /// Tokens of the sliding window of some of its layers; nil: all look back on everything. So does
    /// libllama where a Phi 3 names a window.
    public let slidingWindow: Int?
    /// The memory it takes under the options it was read with.
    public let memory: MemoryEstimate

    /// Reads a file's header, without its weights.
    ///
    /// - Throws: ``LlamaError``.
    /// - Complexity: O(metadata).
    public init(path: String, options: LlamaOptions = LlamaOptions()) throws(LlamaError) {
        try self.init(file: GGUFFile(path: path), options: options)
    }

    init(file: GGUFFile, options: LlamaOptions) throws(LlamaError) {
        try Self.requireModel(file)
        let parts = [file] + (try file.otherParts())
        path = file.path
        name = file.string("general.name")
        architecture = file.architecture
        parameters = parts.reduce(0) { $0 + $1.parameters }
        fileSize = parts.reduce(0) { $0 + $1.size }
        self.parts = parts.count
        quantisation = file.integer("general.file_type").flatMap { type in
            UInt32(exactly: type).flatMap {
                llama_ftype_name(llama_ftype(rawValue: $0)).map { String(cString: $0) }
            }
        }
        trainingContext = file.integerOfArchitecture("context_length") ?? 0
        layers = file.integerOfArchitecture("block_count") ?? 0
        embeddingLength = file.integerOfArchitecture("embedding_length") ?? 0
        vocabularySize = file.vocabularySize
        license = file.string("general.license")
        chatTemplateText = file.string("tokenizer.chat_template")
        slidingWindow = file.integerOfArchitecture("attention.sliding_window").flatMap {
            $0 > 0 && file.architecture != "phi3" ? $0 : nil
        }
        memory = MemoryEstimate(
            file, weights: parts.reduce(0) { $0 &+ $1.tensorBytes },
            sizes: try options.sizes(trainingContext: trainingContext),
            options: options)
    }

    /// How far the model's cache can be cut back, with no states kept for it.
    ///
    /// - Throws: ``LlamaError`` when libllama cannot read the file.
    /// - Complexity: loads the vocabulary.
    public func rewindClass() throws(LlamaError) -> RewindClass {
        let (model, lines) = LlamaLog.capturing { LlamaWeights.loadVocabulary(path) }
        guard let model else {
            throw LlamaWeights.refusal(path: path, architecture: architecture, lines: lines)
        }
        defer { llama_model_free(model) }
        return llama_model_is_recurrent(model) || llama_model_is_hybrid(model) ? .none : .full
    }

    /// Refuses files that hold no decoder, as far as the header tells.
    private static func requireModel(_ file: GGUFFile) throws(LlamaError) {
        try file.requireFirstPart()
        let kind = file.string("general.type") ?? "model"
        guard kind == "model" else {
            throw .wrongKind(path: file.path, wanted: "a model", found: "a GGUF of type `\(kind)`")
        }
        guard !file.architecture.isEmpty else {
            throw .wrongKind(
                path: file.path, wanted: "a model", found: "a GGUF without an architecture")
        }
        if file.bool("\(file.architecture).attention.causal") == false {
            throw .notADecoder(path: file.path, reason: "also looks at the tokens after it")
        }
        if let pooling = file.integerOfArchitecture("pooling_type"), pooling > 0 {
            throw .notADecoder(path: file.path, reason: "is an embedding or reranking model")
        }
        if file.string("tokenizer.ggml.model") ?? "none" == "none"
            || file.string("tokenizer.ggml.model") == "no_vocab"
        {
            throw .noTokenizer(path: file.path, reason: "carries none")
        }
        if let token = file.repeatedToken {
            throw .noTokenizer(path: file.path, reason: "carries one with two tokens `\(token)`")
        }
        if let epsilon = file.float("\(file.architecture).attention.layer_norm_rms_epsilon"),
            !(epsilon >= 0)
        {
            throw .brokenHeader(path: file.path, reason: "its norms have the epsilon \(epsilon)")
        }
        let most = 512
        guard let layers = file.integerOfArchitecture("block_count"), (1...most).contains(layers)
        else {
            throw .brokenHeader(
                path: file.path,
                reason: "it must have from 1 to \(most) layers, but says "
                    + (file.integerOfArchitecture("block_count").map(String.init) ?? "nothing"))
        }
    }
}
