public import EmulatedFineTuning

/// One token per byte, then `<end>` and `<turn>`: a vocabulary for tests.
public struct ByteTokenizer: Tokenizer {
    public static let endOfText: TokenID = 256
    public static let endOfTurn: TokenID = 257

    /// 258 tokens; a tuned model ends its replies with `<turn>`, a base its texts with `<end>`.
    public static func vocabulary(tuned: Bool = false) -> Vocabulary {
        let bytes = (0...255).map { Vocabulary.Token(bytes: [UInt8($0)], kind: .byte) }
        let marks = ["<end>", "<turn>"].map {
            Vocabulary.Token(bytes: Array($0.utf8), kind: .control)
        }
        return Vocabulary(
            type: "bytes", tokens: bytes + marks, endOfText: tuned ? endOfTurn : endOfText,
            endsOfGeneration: [tuned ? endOfTurn : endOfText])
    }

    public init() {}

    public func encode(_ text: String, start: Bool, control: Bool) throws -> [TokenID] {
        text.utf8.map { TokenID($0) }
    }
}
