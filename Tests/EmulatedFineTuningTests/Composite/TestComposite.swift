import EmulatedFineTuning
import TestSupport

extension Vocabulary {
    /// Tokens without text, for tests that look at numbers only.
    static func plain(_ count: Int, control: [TokenID] = [], endOfText: TokenID? = nil)
        -> Vocabulary
    {
        Vocabulary(
            type: "plain",
            tokens: (0..<count).map {
                Token(bytes: Array("\($0) ".utf8), kind: control.contains($0) ? .control : .normal)
            },
            endOfText: endOfText, endsOfGeneration: endOfText.map { [$0] } ?? [])
    }
}

extension Composite {
    /// A composite whose members always say the same; their names are those of the formulas' texts.
    static func of(
        _ formula: String, parameters: [Parameter] = [], fallback: String? = nil, mask: Mask? = nil,
        control: ControlTokens = .fallback, draft: String? = nil, vocabulary: Vocabulary,
        members names: [String] = ["large", "chat", "small"]
    ) throws -> Composite {
        let parsed = { (text: String) in
            try Formula(parsing: text, members: names, parameters: parameters.map(\.name))
        }
        return try Composite(
            members: names.map { name in
                Member(name, TableModel(vocabulary: vocabulary) { _ in [] })
            },
            formula: parsed(formula), parameters: parameters, fallback: fallback.map(parsed),
            mask: mask, control: control, draft: draft)
    }
}
