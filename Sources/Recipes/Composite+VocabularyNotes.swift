import EmulatedFineTuning

extension Composite {
    /// Where members' vocabularies are not the same, for people: a sentence each.
    ///
    /// - Parameter tuned: the member whose tokenizer makes the prompts.
    func vocabularyNotes(tuned: String) -> [String] {
        var notes = renamingNotes()
        for (member, alignment) in zip(members, alignments) {
            let renamed = Set(renamed(member))
            let lacking = alignment.spelled.filter { !renamed.contains($0) }
            if !lacking.isEmpty {
                notes.append(
                    "`\(member.name)` lacks \(names(lacking)) of the other members: it reads "
                        + (lacking.count == 1 ? "its text" : "their texts")
                        + " spelled in its own tokens"
                        + (isBase(member.name)
                            ? ", and the fallback alone says when it comes."
                            : ", and cannot say it."))
            }
            let padding = alignment.size - vocabulary.count
            if padding > 0 {
                notes.append(
                    "The last \(padding) places of the vocabulary of `\(member.name)` are padding "
                        + "that other members do not have: they are left out.")
            }
        }
        let cuts = members.compactMap { member in
            member.model.vocabulary.preTokenizer.map { (member.name, $0) }
        }
        if let own = cuts.first(where: { $0.0 == tuned }),
            let other = cuts.first(where: { $0.1 != own.1 })
        {
            notes.append(
                "Prompts are cut into tokens as `\(tuned)` does it (`\(own.1)`): the file of "
                    + "`\(other.0)` says `\(other.1)`.")
        }
        return notes
    }

    /// Marks that some members call otherwise: one note for all members that differ in the same way.
    private func renamingNotes() -> [String] {
        var groups: [(names: [String], renamings: [String])] = []
        for member in members {
            let renamings = renamed(member).map { id in
                "\(id) is `\(vocabulary.display(id))`, there "
                    + "`\(member.model.vocabulary.display(id))`"
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
                + (names.count == 1 ? " knows " : " know ")
                + (one ? "a mark" : "\(renamings.count) marks") + " by "
                + (one ? "another name" : "other names") + ": "
                + renamings.prefix(most).joined(separator: "; ")
                + (renamings.count > most ? "; and \(renamings.count - most) more" : "")
                + ". The tuned member's names count: the others read "
                + (one ? "its text" : "their texts") + " spelled in their own tokens"
                + (isBase(names[0])
                    ? ", and the fallback alone says when "
                        + (one ? "it comes." : "they come.")
                    : one ? ", and cannot say it." : ", and cannot say them.")
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
