/// Why two vocabularies cannot be one.
public struct VocabularyDifference: Sendable, Equatable, CustomStringConvertible {
    /// What differs first.
    public let description: String
    /// The families of models that the two look like, where they are known ones.
    public let families: [String?]

    init(_ one: Vocabulary, _ other: Vocabulary, _ description: String) {
        self.description = description
        families = [one.family, other.family]
    }
}

extension Vocabulary {
    /// The first difference that keeps two vocabularies from being one; nil when scores of the two may
    /// be added.
    ///
    /// Tokens are compared by id. At every id the two have the same token, or one of them has nothing
    /// there: its vocabulary ends before, or the place is a free one (``Token/isPlaceholder``); or both
    /// have marks of different names there (``renamedMarks(in:)``). Start and end tokens may differ: a
    /// chat model ends its turns where its base ends its documents.
    ///
    /// - Complexity: O(vocabulary); O(1) for equal fingerprints.
    public func firstDifference(from other: Vocabulary) -> VocabularyDifference? {
        guard fingerprint != other.fingerprint else { return nil }
        if type != other.type {
            return VocabularyDifference(
                self, other, "their tokenizers differ in type (\(type) against \(other.type))")
        }
        // A mark that the other has at another id was moved, not renamed. Looked up when needed.
        lazy var places = (self.marks, other.marks)
        for (id, pair) in zip(tokens, other.tokens).enumerated()
        where pair.0 != pair.1 && pair.0.shared(with: pair.1) == nil {
            if pair.0.isRenamed(as: pair.1), places.1[pair.0.bytes] == nil,
                places.0[pair.1.bytes] == nil
            {
                continue
            }
            return VocabularyDifference(
                self, other,
                "they differ first at id \(id) (\(describe(id)) against \(other.describe(id)))"
                    + moved(id, in: other))
        }
        return nil
    }

    /// The ids at which both vocabularies have marks, under different names: a tuned model may call
    /// `<｜User｜>` what its base calls `<|im_start|>`. Ascending.
    ///
    /// - Complexity: O(vocabulary); O(1) for equal fingerprints.
    public func renamedMarks(in other: Vocabulary) -> [TokenID] {
        guard fingerprint != other.fingerprint else { return [] }
        return zip(tokens, other.tokens).enumerated().filter { $1.0.isRenamed(as: $1.1) }
            .map(\.offset)
    }

    /// The ids of what may be a mark, by its name.
    private var marks: [[UInt8]: TokenID] {
        Dictionary(
            tokens.enumerated().filter { $1.isMark }.map { ($1.bytes, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Says where the other vocabulary has a token, if it has it at another id; or this one the other's.
    private func moved(_ id: TokenID, in other: Vocabulary) -> String {
        guard other.tokens[id].bytes != tokens[id].bytes else { return "" }
        if let place = other.tokens.firstIndex(where: { $0.bytes == tokens[id].bytes }) {
            return "; `\(display(id))` has the id \(place) there"
        }
        guard tokens[id].isRenamed(as: other.tokens[id]),
            let place = tokens.firstIndex(where: { $0.bytes == other.tokens[id].bytes })
        else { return "" }
        return "; `\(other.display(id))` has the id \(place) here"
    }

    private func describe(_ id: TokenID) -> String {
        let kind = tokens[id].kind == .normal ? "" : " \(tokens[id].kind.rawValue)"
        return "`\(display(id))`\(kind)"
    }
}

extension Vocabulary.Token {
    /// Whether the token is a place that its makers left free, for padding or for tokens to come:
    /// unused, or named like `[PAD151936]`, `<|reserved_special_token_7|>` or `<unused12>`.
    public var isPlaceholder: Bool {
        guard kind != .unused else { return true }
        guard kind != .byte, bytes.count > 2,
            ["<>", "[]"].contains(
                String(decoding: [bytes[0], bytes[bytes.count - 1]], as: UTF8.self))
        else { return false }
        let marks = Set("<>[]|_".utf8)
        let name = bytes.filter { !marks.contains($0) }
        let digits = name.reversed().prefix { (0x30...0x39).contains($0) }.count
        let word = String(decoding: name.dropLast(digits), as: UTF8.self).lowercased()
        return digits > 0 && Self.placeholders.contains(word)
    }

    /// What free places are called, without marks and number.
    private static let placeholders: Set<String> = [
        "pad", "reserved", "reservedspecialtoken", "unused", "extra", "special", "control", "dummy",
        "placeholder",
    ]

    /// The token that two vocabularies have at one id; nil when they have different ones.
    ///
    /// A mark (`<|im_start|>`) that one file calls a control token and the other a text, added or
    /// ordinary, is a control token.
    func shared(with other: Vocabulary.Token) -> Vocabulary.Token? {
        if self == other { return self }
        if bytes == other.bytes, isMark, other.isMark, isMarkByKind || other.isMarkByKind {
            return kind == .control || other.kind != .control && isMarkByKind ? self : other
        }
        if isPlaceholder { return other }
        return other.isPlaceholder ? self : nil
    }

    /// Whether two tokens at one id are marks of different names, at least one of them a control token.
    /// The other may be an added text (`<think>` often is), or an ordinary token that is spelled like a
    /// mark: some files give marks no kind of their own.
    func isRenamed(as other: Vocabulary.Token) -> Bool {
        bytes != other.bytes && (kind == .control || other.kind == .control)
            && isMark && other.isMark && !isPlaceholder && !other.isPlaceholder
    }

    /// Whether the token is a mark: by its kind, or spelled like one, `<think>`, `[INST]`.
    package var isMark: Bool {
        guard kind == .normal else { return isMarkByKind }
        return bytes.count > 2 && !bytes.contains { $0 <= 0x20 }
            && ["<>", "[]"].contains(
                String(decoding: [bytes[0], bytes[bytes.count - 1]], as: UTF8.self))
    }

    /// Whether the file says that the token is no ordinary text.
    private var isMarkByKind: Bool {
        switch kind {
        case .control, .userDefined, .unknown: true
        case .normal, .unused, .byte: false
        }
    }
}
