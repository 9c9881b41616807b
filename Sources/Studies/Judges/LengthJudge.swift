/// How long a reply is, and whether it came to its end by itself.
enum LengthJudge {
    static let scores = ["ended", "tokens"]

    /// `ended`: 0 if the reply was cut off where `max_tokens` or the context ended it. `tokens`: how many
    /// were generated.
    static func scores(_ reply: ReplyRecord, _ line: DataLine) -> [String: Double] {
        ["ended": reply.ended ? 1 : 0, "tokens": Double(reply.tokens)]
    }
}
