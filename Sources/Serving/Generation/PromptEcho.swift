import EmulatedFineTuning

/// A completion's text and log-probabilities as they grow: with `echo`, from the prompt on.
struct PromptEcho {
    private(set) var text = ""
    /// Nil when none were asked for.
    private(set) var logProbabilities: CompletionLogProbabilities?
    /// Where the next token begins in the text, in Unicode scalars.
    private(set) var end = 0
    /// Whether the prompt's text spells its control tokens.
    private var spellsControl = false

    /// Nothing yet, at a place in the text.
    init(startingAt offset: Int = 0, scores: Bool = false, namesTokensByID: Bool = false) {
        end = offset
        if scores {
            logProbabilities = CompletionLogProbabilities(namesTokensByID: namesTokensByID)
        }
    }

    /// A prompt: its text and, of its tokens, the first; the others follow with their scores.
    ///
    /// - Parameter added: tokens that stand before a text's own, and are no part of it: 0 or 1.
    init(
        _ prompt: CompletionRequest.Prompt, _ tokens: [TokenID], _ vocabulary: Vocabulary,
        added: Int, scores: Bool, namesTokensByID: Bool = false
    ) {
        self.init(scores: scores, namesTokensByID: namesTokensByID)
        switch prompt {
        case .text(let text):
            self.text = text
            spellsControl = true
        case .tokens(let tokens): text = vocabulary.text(of: tokens, control: false)
        }
        guard scores else { return }
        logProbabilities?.append(first: tokens[0], vocabulary, at: end)
        end += vocabulary.width(of: tokens[0], control: spellsControl && added == 0)
    }

    /// Adds the log-probability of a prompt's token, which its text holds already.
    mutating func append(ofPrompt token: GeneratedToken, _ vocabulary: Vocabulary) {
        logProbabilities?.append(token, vocabulary, at: end)
        end += vocabulary.width(of: token.id, control: spellsControl)
    }

    /// Adds the log-probability of a reply's token, whose text the caller adds.
    mutating func append(_ token: GeneratedToken, _ vocabulary: Vocabulary) {
        logProbabilities?.append(token, vocabulary, at: end)
        end += vocabulary.width(of: token.id, control: false)
    }
}

extension Vocabulary {
    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    ///
    /// - Parameter control: whether control tokens show as their names.
    func text(of ids: [TokenID], control: Bool) -> String {
        let shown = ids.filter { control || tokens[$0].kind != .control }
        return String(decoding: shown.flatMap { tokens[$0].bytes }, as: UTF8.self)
    }

    /// Unicode scalars that begin in a token.
    ///
    /// - Parameter control: whether control tokens show as their names.
    func width(of token: TokenID, control: Bool) -> Int {
        guard control || tokens[token].kind != .control else { return 0 }
        return tokens[token].bytes.count { $0 & 0xc0 != 0x80 }
    }
}
