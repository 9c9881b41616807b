import EmulatedFineTuning

extension GenerationStatistics {
    /// Rounds and acceptance in words.
    var text: String {
        let positions = zip(acceptedByPosition, draftedByPosition).map { accepted, drafted in
            "\(accepted)/\(drafted)"
        }
        let sources = DraftSource.allCases.compactMap { source in
            draftedBySource[source].map {
                "\(source.rawValue) \(acceptedBySource[source] ?? 0)/\($0)"
            }
        }.joined(separator: ", ")
        return """
            \(rounds) rounds for \(generatedTokens) tokens: \((passesPerToken ?? 1).fixed(2)) passes of the \
            other members per token
            \(accepted) of \(drafted) proposed tokens accepted; by position in the block: \
            \(positions.joined(separator: " "))
            by source: \(sources)

            """
    }
}
