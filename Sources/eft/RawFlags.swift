import ArgumentParser

/// Flags for prompts without a chat template, and for how such prompts become tokens.
struct RawFlags: ParsableArguments {
    @Flag(
        help: """
            Continue the prompt exactly as given. No chat template is applied, nothing is cut off, \
            and marks such as <|im_start|> are read as control tokens.
            """)
    var raw = false

    @Flag(help: "With --raw: do not put a start token before the prompt.")
    var noBos = false

    @Flag(help: "With --raw: read marks such as <|im_start|> as plain text.")
    var noParseSpecial = false

    func validate() throws {
        if !raw, noBos || noParseSpecial {
            throw ValidationError("--no-bos and --no-parse-special go with --raw. Add --raw.")
        }
    }
}
