import Synchronization

/// How a tokenizer writes text, and which token sequences are its way of writing some text.
///
/// A sequence is *canonical* when some text exists that begins with its bytes and whose tokens begin with
/// it. A model that learned from tokenized text gives nearly all its probability to canonical sequences,
/// and sums over all ways to write a string need only those.
///
/// All texts here start where the trunk ends (see ``Trunk``): at a place that no token crosses. May be
/// used from any thread. Answers are kept in a bounded memory.
package final class Canonical: Sendable {
    package let index: PrefixIndex
    /// Each token's bytes; nil for tokens that are no part of a text.
    package let texts: [[UInt8]?]
    package let probes: Probes

    let encode: @Sendable ([UInt8]) -> [Int]
    /// The token of each byte; −1 for none.
    private let byteTokens: [Int32]
    let spellings: Mutex<RecentlyUsed<[UInt8], [Int32]?>>
    let branchings: Mutex<RecentlyUsed<BranchQuestion, [OpenBranch]>>

    /// Texts longer than this are not kept: they hardly come again.
    static let keptBytes = 96

    struct BranchQuestion: Hashable, Sendable {
        var text: [UInt8]
        var followers: Int
    }

    /// - Parameters:
    ///   - texts: each token's bytes; nil for control tokens, unused places and tokens that the tokenizer
    ///     never writes (``reachable(_:encode:probes:)`` finds those).
    ///   - probes: what could follow a text.
    ///   - memory: bytes for kept answers, about.
    ///   - encode: the tokens of a text in the middle of another one: without a token or a space added
    ///     at its start, and with control tokens' names as text. It gets whole characters only, and is
    ///     called from several threads. What it returns is checked: tokens that do not spell the text
    ///     count as no answer.
    /// - Complexity: O(n log n) in the tokens.
    package init(
        texts: [[UInt8]?], probes: Probes = .standard, memory: Int = 32 << 20,
        encode: @escaping @Sendable ([UInt8]) -> [Int]
    ) {
        self.texts = texts
        self.probes = probes
        self.encode = encode
        index = PrefixIndex(texts)
        var byteTokens = [Int32](repeating: -1, count: 256)
        for (token, text) in texts.enumerated() {
            if let text, text.count == 1, byteTokens[Int(text[0])] < 0 {
                byteTokens[Int(text[0])] = Int32(token)
            }
        }
        self.byteTokens = byteTokens
        // About 200 bytes an answer; two memories.
        spellings = Mutex(RecentlyUsed(capacity: max(64, memory / 400)))
        branchings = Mutex(RecentlyUsed(capacity: max(64, memory / 800)))
    }

    /// The tokens of a text, whose bytes are those of the text; nil where no tokens spell it.
    ///
    /// Bytes that are no characters, or a part of one, are written one byte a token, if the vocabulary
    /// has tokens for them.
    package func tokens(of text: ArraySlice<UInt8>) -> [Int32]? {
        guard text.count <= Self.keptBytes else { return spell(text) }
        let key = Array(text)
        if let known = spellings.withLock({ $0[key] }) { return known }
        let tokens = spell(text)
        spellings.withLock { $0[key] = .some(tokens) }
        return tokens
    }

    /// The kept branches of a question, or those that `find` finds.
    func branches(
        _ question: BranchQuestion, find: () -> [OpenBranch]
    ) -> [OpenBranch] {
        guard question.text.count <= Self.keptBytes else { return find() }
        if let known = branchings.withLock({ $0[question] }) { return known }
        let found = find()
        branchings.withLock { $0[question] = found }
        return found
    }

    /// The tokens of a text, found anew.
    func spell(_ text: ArraySlice<UInt8>) -> [Int32]? {
        var tokens: [Int32] = []
        var start = text.startIndex
        var place = start
        while place < text.endIndex {
            let length = Characters.length(in: text, at: place)
            if length > 0 {
                place += length
                continue
            }
            guard write(text[start..<place], into: &tokens) else { return nil }
            let token = byteTokens[Int(text[place])]
            guard token >= 0 else { return nil }
            tokens.append(token)
            place += 1
            start = place
        }
        return write(text[start..<place], into: &tokens) ? tokens : nil
    }

    /// Adds the tokens of whole characters; false where they do not spell the text.
    private func write(_ text: ArraySlice<UInt8>, into tokens: inout [Int32]) -> Bool {
        guard !text.isEmpty else { return true }
        var place = text.startIndex
        for token in encode(Array(text)) {
            guard texts.indices.contains(token), let spelled = texts[token],
                place + spelled.count <= text.endIndex,
                text[place..<(place + spelled.count)].elementsEqual(spelled)
            else { return false }
            place += spelled.count
            tokens.append(Int32(token))
        }
        return place == text.endIndex
    }
}
