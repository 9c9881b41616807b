/// Where two vocabularies differ first.
public struct VocabularyDifference: Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

extension Vocabulary {
    /// The first difference from another vocabulary; nil when scores of the two may be added.
    ///
    /// Type, size, and every token's bytes and kind must be equal. Start and end tokens may differ:
    /// a chat model ends its turns where its base ends its documents.
    ///
    /// - Complexity: O(vocabulary).
    public func firstDifference(from other: Vocabulary) -> VocabularyDifference? {
        if type != other.type {
            return VocabularyDifference(
                description: "their tokenizers differ in type (\(type) against \(other.type))")
        }
        for id in 0..<max(count, other.count) where token(id) != other.token(id) {
            return VocabularyDifference(
                description: "they differ first at id \(id) "
                    + "(\(describe(id)) against \(other.describe(id)))")
        }
        return nil
    }

    private func token(_ id: TokenID) -> Token? { id < count ? tokens[id] : nil }

    private func describe(_ id: TokenID) -> String {
        guard id < count else { return "nothing" }
        let kind = tokens[id].kind == .normal ? "" : " \(tokens[id].kind.rawValue)"
        return "`\(display(id))`\(kind)"
    }
}
