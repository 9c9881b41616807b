/// The one vocabulary of several models, and what each of them lacks of it.
///
/// The shared vocabulary has, at every id, the token that the members have there. A member may lack
/// tokens: those after the end of its own vocabulary, those that others have where it has a free place
/// (``Vocabulary/Token/isPlaceholder``), and marks that it knows by another name. Padding at the end that
/// not all members have is left out.
struct SharedVocabulary {
    let vocabulary: Vocabulary
    /// By member.
    let alignments: [VocabularyAlignment]

    /// - Parameters:
    ///   - members: at least one.
    ///   - naming: the members whose names of marks count, the first one's most (the tuned ones); after
    ///     them come the others in their order.
    /// - Throws: ``CompositeError/vocabularyMismatch(_:_:_:)``,
    ///   ``CompositeError/unreadableToken(_:member:)``.
    /// - Complexity: O(members · vocabulary); O(members) for equal vocabularies.
    init(_ members: [Member], naming: [String] = []) throws(CompositeError) {
        let vocabularies = members.map(\.model.vocabulary)
        guard let first = vocabularies.first else { throw .noMembers }
        guard vocabularies.contains(where: { $0.fingerprint != first.fingerprint }) else {
            vocabulary = first
            alignments = vocabularies.map { _ in VocabularyAlignment(size: first.count) }
            return
        }
        try Self.requireAgreement(members)
        var tokens: [Vocabulary.Token] = []
        let named = naming.compactMap { name in members.first { $0.name == name } }
        let ordered = named + members.filter { !naming.contains($0.name) }
        for other in ordered.map(\.model.vocabulary) {
            for (id, token) in other.tokens.prefix(tokens.count).enumerated()
            where tokens[id] != token {
                tokens[id] = tokens[id].shared(with: token) ?? tokens[id]
            }
            tokens += other.tokens.dropFirst(tokens.count)
        }
        let shortest = vocabularies.map(\.count).min() ?? 0
        while tokens.count > shortest, tokens.last?.isPlaceholder == true { tokens.removeLast() }
        // A token without a name in any member can be produced only if every member has a place for it.
        let unsayable = (min(shortest, tokens.count)..<tokens.count).filter {
            tokens[$0].isPlaceholder
        }
        vocabulary = Vocabulary(
            type: first.type, tokens: tokens, beginning: first.beginning,
            endOfText: first.endOfText.flatMap { $0 < tokens.count ? $0 : nil },
            endsOfGeneration: first.endsOfGeneration.filter { $0 < tokens.count },
            preTokenizer: first.preTokenizer)
        var alignments: [VocabularyAlignment] = []
        for member in members {
            alignments.append(
                try VocabularyAlignment(of: member, to: tokens, unsayable: unsayable))
        }
        self.alignments = alignments
    }

    /// Every two members have the same tokens, as far as both have some.
    private static func requireAgreement(_ members: [Member]) throws(CompositeError) {
        for (index, member) in members.enumerated() {
            for earlier in members[..<index] {
                if let difference = earlier.model.vocabulary.firstDifference(
                    from: member.model.vocabulary)
                {
                    throw .vocabularyMismatch(earlier.name, member.name, difference)
                }
            }
        }
    }
}
