import EmulatedFineTuning

extension Composite {
    /// Notes for the user on how the members' vocabularies differ, one sentence each.
    ///
    /// - Parameter tuned: the member whose tokenizer makes the prompts.
    func vocabularyNotes(tuned: String) -> [String] {
        var notes = renamingNotes()
        for (member, alignment) in zip(members, alignments)
        where member.model.ownVocabulary == nil {
            let renamed = Set(renamed(member))
            let lacking = alignment.spelled.filter { !renamed.contains($0) }
            if !lacking.isEmpty {
                notes.append(
                    "`\(member.name)` does not have \(names(lacking)). It reads "
                        + (lacking.count == 1 ? "the token's text" : "the tokens' texts")
                        + " instead"
                        + (isBase(member.name)
                            ? ", and only the fallback decides when such a token is produced."
                            : ", and cannot produce such a token."))
            }
            let padding = alignment.size - vocabulary.count
            if padding > 0 {
                notes.append(
                    "The last \(padding) entries of the vocabulary of `\(member.name)` are padding "
                        + "that the other members do not have. They are left out.")
            }
        }
        let cuts = members.compactMap { member in
            member.model.vocabulary.preTokenizer.map { (member.name, $0) }
        }
        if let own = cuts.first(where: { $0.0 == tuned }),
            let other = cuts.first(where: { $0.1 != own.1 })
        {
            notes.append(
                "Prompts are cut into tokens in the way of `\(tuned)` (`\(own.1)`). The file of "
                    + "`\(other.0)` names another way (`\(other.1)`).")
        }
        return notes
    }

    /// Marks that have another name in some members: one note for all members that differ in the
    /// same way.
    private func renamingNotes() -> [String] {
        var groups: [(names: [String], renamings: [String])] = []
        for member in members {
            let renamings = renamed(member).map { id in
                "token \(id) is `\(member.model.vocabulary.display(id))` instead of "
                    + "`\(vocabulary.display(id))`"
            }
            guard !renamings.isEmpty else { continue }
            let isTerm = isBase(member.name)
            if let index = groups.firstIndex(where: {
                $0.renamings == renamings && isBase($0.names[0]) == isTerm
            }) {
                groups[index].names.append(member.name)
            } else {
                groups.append(([member.name], renamings))
            }
        }
        return groups.map { names, renamings in
            let most = 8
            let one = renamings.count == 1
            return names.map { "`\($0)`" }.joined(separator: " and ")
                + (names.count == 1 ? " has " : " have ")
                + (one ? "another name" : "other names") + " for "
                + (one ? "a mark" : "\(renamings.count) marks") + ": "
                + renamings.prefix(most).joined(separator: "; ")
                + (renamings.count > most ? "; and \(renamings.count - most) more" : "")
                + ". The tuned member's names are used. The others read "
                + (one ? "the mark's text" : "the marks' texts") + " instead"
                + (isBase(names[0])
                    ? ", and only the fallback decides when "
                        + (one ? "the mark is produced." : "the marks are produced.")
                    : one ? ", and cannot produce it." : ", and cannot produce them.")
        }
    }

    /// The marks of the shared vocabulary for which a member has another name.
    private func renamed(_ member: Member) -> [TokenID] {
        vocabulary.renamedMarks(in: member.model.vocabulary)
    }

    /// Whether a member is one that the fallback does not name.
    private func isBase(_ name: String) -> Bool {
        fallback.map { !$0.members.contains(name) } ?? false
    }

    private func names(_ tokens: [TokenID]) -> String {
        let shown = tokens.prefix(3).map { "`\(vocabulary.display($0))`" }.joined(separator: ", ")
        return tokens.count <= 3
            ? (tokens.count == 1 ? "the token " : "the tokens ") + shown
            : "\(tokens.count) tokens (\(shown), …)"
    }
}
