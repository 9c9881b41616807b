/// A(s) by trying every token sequence.
struct Exhaustive {
    let tokenizer: ToyTokenizer
    /// Tokens that the tokenizer never writes are nil.
    let texts: [[UInt8]?]
    let model: RandomTable
    let trunk: [Int32]
    /// Texts that may follow.
    let continuations: [[UInt8]]
    /// Which last tokens count: all that begin with the rest of the string, or canonical ones only.
    let everyLastToken: Bool

    private final class Memo {
        var rows: [[Int32]: [Double]] = [:]
        var written: [[UInt8]: [[Int]]] = [:]
    }
    private let memo = Memo()

    init(
        _ tokenizer: ToyTokenizer, texts: [[UInt8]?], _ model: RandomTable, trunk: [Int32],
        continuations: [[UInt8]],
        everyLastToken: Bool
    ) {
        self.tokenizer = tokenizer
        self.texts = texts
        self.model = model
        self.trunk = trunk
        self.continuations = continuations
        self.everyLastToken = everyLastToken
    }

    func mass(_ string: [UInt8]) -> Double {
        string.isEmpty ? 1 : mass(string[...], after: []).mass
    }

    /// The mass of all ways to go on, and whether one of them is canonical.
    private func mass(_ rest: ArraySlice<UInt8>, after tokens: [Int32]) -> (mass: Double, any: Bool)
    {
        let row = probabilities(after: tokens)
        var sum = 0.0
        var lasts = 0.0
        var any = false
        for (token, text) in texts.enumerated() {
            guard let text else { continue }
            let next = tokens + [Int32(token)]
            if text.starts(with: rest) {
                let canonical = isCanonical(next)
                any = any || canonical
                if canonical || everyLastToken { lasts += row[token] }
            } else if rest.starts(with: text) {
                let below = mass(rest.dropFirst(text.count), after: next)
                any = any || below.any
                if below.any { sum += row[token] * below.mass }
            }
        }
        return (sum + lasts, any)
    }

    /// Whether some text that begins with the bytes of the tokens has tokens that begin with them.
    private func isCanonical(_ tokens: [Int32]) -> Bool {
        let text = tokens.flatMap { texts[Int($0)] ?? [] }
        let written = memo.written[text] ?? continuations.map { tokenizer.encode(text + $0) }
        memo.written[text] = written
        return written.contains { $0.starts(with: tokens.map(Int.init)) }
    }

    private func probabilities(after tokens: [Int32]) -> [Double] {
        if let known = memo.rows[tokens] { return known }
        let row = model.probabilities(after: trunk + tokens)
        memo.rows[tokens] = row
        return row
    }
}
