import EmulatedFineTuning

/// How a raw text becomes tokens: `add_special_tokens` as in vLLM, `parse_special` as in
/// llama-server.
struct RawTextFields: Equatable {
    static let names = ["add_special_tokens", "parse_special"]

    /// Whether the text gets a start token, where the model has one.
    var addsStart: Bool
    /// Whether marks such as `<|im_start|>` are the control tokens that they name.
    var readsControl: Bool

    init(_ fields: Fields) throws(APIError) {
        addsStart = try fields.flag("add_special_tokens") ?? true
        readsControl = try fields.flag("parse_special") ?? true
    }

    func encode(_ text: String, with tokenizer: any Tokenizer) throws -> [TokenID] {
        try tokenizer.encode(text, start: addsStart, control: readsControl)
    }

    /// How many tokens stand before the text's own: a start token, or none.
    func added(by tokenizer: any Tokenizer) throws -> Int {
        addsStart ? try tokenizer.encode("", start: true, control: false).count : 0
    }
}
