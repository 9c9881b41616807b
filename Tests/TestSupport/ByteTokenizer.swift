public import EmulatedFineTuning

/// One token per byte, then `<end>` and `<turn>`: a vocabulary for tests. Of a model that wants a start
/// token, `<end>` is it.
public struct ByteTokenizer: Tokenizer {
    public static let endOfText: TokenID = 256
    public static let endOfTurn: TokenID = 257
    private static let marks = ["<end>", "<turn>"]

    /// 258 tokens; a tuned model ends its replies with `<turn>`, a base its texts with `<end>`.
    public static func vocabulary(tuned: Bool = false, starts: Bool = false) -> Vocabulary {
        let bytes = (0...255).map { Vocabulary.Token(bytes: [UInt8($0)], kind: .byte) }
        let marks = marks.map {
            Vocabulary.Token(bytes: Array($0.utf8), kind: .control)
        }
        return Vocabulary(
            type: "bytes", tokens: bytes + marks, beginning: starts ? endOfText : nil,
            endOfText: tuned ? endOfTurn : endOfText,
            endsOfGeneration: [tuned ? endOfTurn : endOfText])
    }

    /// Whether texts get a start token.
    private let starts: Bool

    public init(starts: Bool = false) { self.starts = starts }

    public func encode(_ text: String, start: Bool, control: Bool) throws -> [TokenID] {
        var tokens: [TokenID] = start && starts ? [Self.endOfText] : []
        var rest = Array(text.utf8)[...]
        while let first = rest.first {
            let mark = Self.marks.firstIndex { control && rest.starts(with: $0.utf8) }
            tokens.append(mark.map { Self.endOfText + $0 } ?? TokenID(first))
            rest = rest.dropFirst(mark.map { Self.marks[$0].utf8.count } ?? 1)
        }
        return tokens
    }
}
