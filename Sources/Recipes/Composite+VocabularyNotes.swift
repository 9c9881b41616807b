import EmulatedFineTuning

extension Composite {
    /// Where members' vocabularies are not the same, for people: a sentence each.
    ///
    /// - Parameter tuned: the member whose tokenizer makes the prompts.
    func vocabularyNotes(tuned: String) -> [String] {
        var notes: [String] = []
        for (member, alignment) in zip(members, alignments) {
            let lacking = alignment.spelled
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
