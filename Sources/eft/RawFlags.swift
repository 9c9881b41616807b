import ArgumentParser

/// Prompts that no template touches, and how they become tokens.
struct RawFlags: ParsableArguments {
    @Flag(
        help: """
            Continue the prompt as it is: no template touches it, nothing is cut from it, and marks \
            such as <|im_start|> are control tokens.
            """)
    var raw = false

    @Flag(help: "With --raw: put no start token before the prompt.")
    var noBos = false

    @Flag(help: "With --raw: read marks as text.")
    var noParseSpecial = false

    func validate() throws {
        if !raw, noBos || noParseSpecial {
            throw ValidationError("--no-bos and --no-parse-special go with --raw. Add it.")
        }
    }
}
