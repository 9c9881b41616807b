/// How a member sees the vocabulary that it shares with others: what it lacks, and how it reads that.
///
/// A token that a member lacks has the score −∞ there. Where one comes up in a prompt or a reply, the
/// member reads its text, spelled in its own tokens: a base that has no `<|im_end|>` reads these ten
/// letters.
public struct VocabularyAlignment: Sendable, Equatable {
    /// Tokens in the member's own vocabulary: the length of its rows.
    public let size: Int
    /// Tokens that have no score in its rows, ascending.
    public let missing: [TokenID]
    /// Those among them that it can read, each as tokens of its own.
    let spellings: [TokenID: [TokenID]]

    /// The alignment of a member that lacks nothing.
    init(size: Int) {
        (self.size, missing, spellings) = (size, [], [:])
    }

    /// The alignment of a member whose tokens agree with the shared ones as far as it has them.
    ///
    /// - Parameter unsayable: places without a name in any member, which some member lacks altogether.
    init(
        of member: Member, to shared: [Vocabulary.Token], unsayable: [TokenID]
    ) throws(CompositeError) {
        let own = member.model.vocabulary
        let free = Set(unsayable)
        let named = shared.indices.filter { id in
            guard id < own.count else { return !free.contains(id) }
            // Equal bytes: a mark that the files give different kinds.
            return own.tokens[id] != shared[id] && own.tokens[id].bytes != shared[id].bytes
                && !shared[id].isPlaceholder
        }
        size = own.count
        missing = free.union(named).sorted()
        guard !named.isEmpty else {
            spellings = [:]
            return
        }
        let speller = Speller(own)
        var spellings: [TokenID: [TokenID]] = [:]
        for id in named {
            guard let spelling = speller.tokens(of: shared[id].bytes), !spelling.isEmpty else {
                throw .unreadableToken(
                    String(decoding: shared[id].bytes, as: UTF8.self), member: member.name)
            }
            spellings[id] = spelling
        }
        self.spellings = spellings
    }

    /// The tokens that the member reads spelled out, ascending.
    public var spelled: [TokenID] { missing.filter { spellings[$0] != nil } }

    /// Whether the member's rows score a token.
    public func has(_ token: TokenID) -> Bool {
        (0..<size).contains(token) && (missing.isEmpty || !missing.contains(token))
    }

    /// Whether the member can read a token.
    func canRead(_ token: TokenID) -> Bool { has(token) || spellings[token] != nil }

    /// A token as the member reads it.
    package func reading(_ token: TokenID) -> [TokenID] { spellings[token] ?? [token] }

    /// Tokens as the member reads them.
    package func reading(_ tokens: [TokenID]) -> [TokenID] {
        spellings.isEmpty ? tokens : tokens.flatMap(reading)
    }

    /// Copies a row of the member's, with −∞ for what it lacks.
    ///
    /// - Parameters:
    ///   - row: `[size]`.
    ///   - shared: `[shared vocabulary]`.
    /// - Complexity: O(vocabulary).
    package func align(_ row: Row, into shared: MutableRow) {
        let count = min(row.count, shared.count)
        _ = shared[..<count].update(fromContentsOf: row[..<count])
        for token in missing { shared[token] = -.infinity }
    }
}

/// Spells texts in the tokens of a vocabulary: at every place the longest token that fits.
private struct Speller {
    private var ids: [ArraySlice<UInt8>: TokenID] = [:]
    private var longest = 1

    init(_ vocabulary: Vocabulary) {
        ids.reserveCapacity(vocabulary.count)
        for (id, token) in vocabulary.tokens.enumerated() where !token.bytes.isEmpty {
            switch token.kind {
            case .normal: ids[token.bytes[...]] = id
            case .byte where ids[token.bytes[...]] == nil: ids[token.bytes[...]] = id
            case .byte, .control, .userDefined, .unknown, .unused: continue
            }
            longest = max(longest, token.bytes.count)
        }
    }

    /// Nil when a byte has no token.
    func tokens(of text: [UInt8]) -> [TokenID]? {
        var tokens: [TokenID] = []
        var rest = text[...]
        while !rest.isEmpty {
            let lengths = (1...min(longest, rest.count)).reversed()
            guard let length = lengths.first(where: { ids[rest.prefix($0)] != nil }),
                let id = ids[rest.prefix(length)]
            else { return nil }
            tokens.append(id)
            rest = rest.dropFirst(length)
        }
        return tokens
    }
}
