/// Replies of a composite, token by token, and the speeds of plain and speculative decoding.
struct AgreementRecord: Codable, Sendable, Equatable {
    var key: String
    var replies: [Reply]
    /// Tokens per second in plain decoding.
    var plain: Double
    /// The share of tokens that the draft member would have said itself.
    var agreement: Double
    var blocks: [Block]

    struct Reply: Codable, Sendable, Equatable {
        var question: String
        var tokens: [Token]
    }

    struct Token: Codable, Sendable, Equatable {
        var text: String
        /// Total variation distance between tuned model and composite.
        var distance: Double
        /// The tokens whose probability rises and falls most.
        var raised: String?
        var lowered: String?
    }

    struct Block: Codable, Sendable, Equatable {
        var length: Int
        var predicted: Double
        var measured: Double
    }
}
