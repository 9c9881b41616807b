/// The tokens of a model: their bytes, their kinds, and the special ones among them.
public final class Vocabulary: Sendable {
    /// One token.
    public struct Token: Sendable, Equatable, Hashable {
        /// What the token adds to the text; for control tokens, their name.
        public var bytes: [UInt8]
        public var kind: Kind

        public init(bytes: [UInt8], kind: Kind = .normal) {
            self.bytes = bytes
            self.kind = kind
        }
    }

    /// What a token stands for.
    public enum Kind: String, Sendable, Equatable, Hashable {
        /// A piece of text.
        case normal
        /// A mark for the model that is not text: end of turn, padding.
        case control
        /// A piece of text added by a user of the tokenizer.
        case userDefined
        /// The token for text that the tokenizer cannot spell.
        case unknown
        /// A place that no text maps to.
        case unused
        /// One raw byte.
        case byte
    }

    /// The tokenizer's family, such as `BPE` or `SPM`.
    public let type: String
    /// How text is cut before it is tokenized, such as `qwen2`, where the model says so. Nothing that a
    /// token stands for depends on it, and it is no part of the fingerprint.
    public let preTokenizer: String?
    public let tokens: [Token]
    /// The token at the start of a text, if the model wants one.
    public let beginning: TokenID?
    /// The model's own end of text: the token after which pre-training documents stop.
    public let endOfText: TokenID?
    /// Every token that ends a reply (end of text, end of turn), ascending.
    public let endsOfGeneration: [TokenID]
    /// Bytes of the longest token.
    public let longestToken: Int
    /// A hash (FNV-1a, 64 bits) of type and tokens: equal vocabularies have equal fingerprints.
    public let fingerprint: UInt64

    public init(
        type: String, tokens: [Token], beginning: TokenID? = nil, endOfText: TokenID? = nil,
        endsOfGeneration: [TokenID] = [], preTokenizer: String? = nil
    ) {
        self.type = type
        self.preTokenizer = preTokenizer
        self.tokens = tokens
        self.beginning = beginning
        self.endOfText = endOfText
        self.endsOfGeneration = endsOfGeneration.sorted()
        self.longestToken = tokens.reduce(0) { max($0, $1.bytes.count) }
        self.fingerprint = Self.fingerprint(type: type, tokens: tokens)
    }

    public var count: Int { tokens.count }

    /// The first tokens alone: what a model has whose vocabulary ends earlier.
    package func prefix(_ count: Int) -> Vocabulary {
        guard count < self.count else { return self }
        func kept(_ token: TokenID?) -> TokenID? { token.flatMap { $0 < count ? $0 : nil } }
        return Vocabulary(
            type: type, tokens: Array(tokens.prefix(count)), beginning: kept(beginning),
            endOfText: kept(endOfText), endsOfGeneration: endsOfGeneration.filter { $0 < count },
            preTokenizer: preTokenizer)
    }

    /// The same with other names for some control tokens.
    package func renaming(_ names: [TokenID: String]) -> Vocabulary {
        guard !names.isEmpty else { return self }
        var tokens = tokens
        for (id, name) in names { tokens[id] = Token(bytes: Array(name.utf8), kind: .control) }
        return Vocabulary(
            type: type, tokens: tokens, beginning: beginning, endOfText: endOfText,
            endsOfGeneration: endsOfGeneration, preTokenizer: preTokenizer)
    }

    /// The ids of all control tokens, ascending.
    public var controlTokens: [TokenID] {
        tokens.indices.filter { tokens[$0].kind == .control }
    }

    /// A token as readable text: control bytes and broken UTF-8 are made visible.
    public func display(_ token: TokenID) -> String {
        guard tokens.indices.contains(token) else { return "<no token \(token)>" }
        return String(decoding: tokens[token].bytes, as: UTF8.self)
            .replacing("\n", with: "\\n").replacing("\t", with: "\\t").replacing("\r", with: "\\r")
    }

    private static func fingerprint(type: String, tokens: [Token]) -> UInt64 {
        var hash = FNV1a()
        hash.mix(type.utf8)
        for token in tokens {
            hash.mix(0xff)  // no UTF-8 text holds this byte: entries cannot run into each other
            hash.mix(token.kind.rawValue.utf8)
            hash.mix(0xff)
            hash.mix(token.bytes)
        }
        return hash.value
    }
}
