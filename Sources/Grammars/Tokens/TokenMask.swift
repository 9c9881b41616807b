/// Which tokens may come next: a bit for each of a vocabulary.
public struct TokenMask: Sendable, Hashable {
    /// 64 tokens a word, the lowest bit first.
    public private(set) var words: [UInt64]
    /// `[vocabulary]`
    public let vocabularyCount: Int

    /// No token at all.
    public init(vocabularyCount: Int) {
        self.vocabularyCount = vocabularyCount
        words = [UInt64](repeating: 0, count: (vocabularyCount + 63) / 64)
    }

    /// Whether a token is allowed; one outside the vocabulary is not.
    public func contains(_ token: Int) -> Bool {
        token >= 0 && token < vocabularyCount && words[token >> 6] >> UInt64(token & 63) & 1 == 1
    }

    /// The number of allowed tokens.
    ///
    /// - Complexity: O(vocabulary / 64).
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The allowed tokens, ascending.
    ///
    /// - Complexity: O(vocabulary / 64 + tokens).
    public var tokens: [Int] {
        var tokens: [Int] = []
        for (index, word) in words.enumerated() where word != 0 {
            var rest = word
            while rest != 0 {
                tokens.append(index << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return tokens
    }

    /// The only allowed token; nil where there are none or several.
    public var only: Int? {
        var found: Int?
        for (index, word) in words.enumerated() where word != 0 {
            guard found == nil, word.nonzeroBitCount == 1 else { return nil }
            found = index << 6 + word.trailingZeroBitCount
        }
        return found
    }

    mutating func insert(_ token: Int) { words[token >> 6] |= 1 << UInt64(token & 63) }

    mutating func formUnion(_ other: TokenMask) {
        for index in words.indices { words[index] |= other.words[index] }
    }
}
