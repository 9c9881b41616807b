import CLlama
public import EmulatedFineTuning

/// A grammar in llama.cpp's notation (GBNF) that a reply must keep to.
///
/// Source: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
public final class LlamaGrammar: TokenConstraint, @unchecked Sendable {
    // Sendable: a sampler's state is written before anyone else sees it, and only read from then on.
    private let sampler: UnsafeMutablePointer<llama_sampler>
    private let weights: LlamaWeights

    /// A grammar at its start.
    ///
    /// - Throws: ``LlamaError/invalidOption(_:)`` when libllama cannot read the grammar.
    public convenience init(_ text: String, for weights: LlamaWeights) throws(LlamaError) {
        guard let vocabulary = llama_model_get_vocab(weights.pointer),
            let sampler = llama_sampler_init_grammar(vocabulary, text, "root")
        else { throw .invalidOption("libllama cannot read the grammar") }
        self.init(sampler, weights)
    }

    private init(_ sampler: UnsafeMutablePointer<llama_sampler>, _ weights: LlamaWeights) {
        self.sampler = sampler
        self.weights = weights
    }

    deinit { llama_sampler_free(sampler) }

    /// - Complexity: O(vocabulary · open rules), and 12 bytes per token.
    public func restrict(_ scores: UnsafeMutableBufferPointer<Float>) {
        // Tokens of other members that these weights lack have no text here, and libllama would abort.
        for token in scores.indices.dropFirst(weights.vocabulary.count) {
            scores[token] = -.infinity
        }
        // Tokens that are impossible already need no parsing.
        var candidates = scores.indices.filter { scores[$0] > -.infinity }
            .map { llama_token_data(id: llama_token($0), logit: scores[$0], p: 0) }
        candidates.withUnsafeMutableBufferPointer { candidates in
            var array = llama_token_data_array(
                data: candidates.baseAddress, size: candidates.count, selected: -1, sorted: false)
            llama_sampler_apply(sampler, &array)
            for index in 0..<array.size where array.data[index].logit == -.infinity {
                scores[Int(array.data[index].id)] = -.infinity
            }
        }
    }

    /// - Complexity: copies the grammar's rules and its open places.
    public func advanced(by token: TokenID) -> any TokenConstraint {
        let next = LlamaGrammar(llama_sampler_clone(sampler), weights)
        llama_sampler_accept(next.sampler, llama_token(token))
        return next
    }
}

extension LlamaGrammar {
    /// A JSON object, as OpenAI's `json_object` wants it. White space between its parts is short, so that
    /// a reply cannot be nothing else.
    ///
    /// Adapted from llama.cpp's `grammars/json.gbnf`.
    public static let jsonObject = #"""
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null")
        object ::= "{" ws (string ws ":" ws value ws ("," ws string ws ":" ws value ws)*)? "}"
        array  ::= "[" ws (value ws ("," ws value ws)*)? "]"
        string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
        number ::= "-"? ([0-9] | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
        ws     ::= | " " | "\n" [ \t]{0,20}
        """#
}
