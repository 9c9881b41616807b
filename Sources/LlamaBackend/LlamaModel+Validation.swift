import EmulatedFineTuning

extension LlamaModel {
    /// Refuses what libllama would answer by ending the process, or by nonsense.
    ///
    /// - Complexity: O(tokens of the pass).
    func validate(_ pass: ForwardPass) throws(ModelError) {
        guard !pass.extensions.isEmpty else {
            throw .invalidPass("a pass must extend at least one sequence, but it extends none")
        }
        var seen = Set<SequenceID>()
        // With the tokens that companions share.
        var lengths = lengths
        for part in pass.extensions {
            guard lengths.indices.contains(part.sequence) else {
                throw .invalidPass(
                    "sequences go from 0 to \(limits.sequences - 1), but one is \(part.sequence)")
            }
            guard seen.insert(part.sequence).inserted else {
                throw .invalidPass(
                    "a sequence can be extended once in a pass, but \(part.sequence) is twice")
            }
            try validate(part, after: lengths[part.sequence])
            for companion in part.companions {
                guard takesCompanions, lengths.indices.contains(companion.sequence),
                    !seen.contains(companion.sequence),
                    lengths[companion.sequence] == part.start,
                    (1...part.tokens.count).contains(companion.count)
                else {
                    throw .invalidPass(
                        "a companion holds what the extension's sequence holds, and shares some of its tokens, "
                            + "but \(companion.sequence) does not")
                }
                lengths[companion.sequence] += companion.count
            }
        }
        guard pass.tokenCount <= limits.tokensPerPass else {
            throw .invalidPass(
                "a pass can carry \(limits.tokensPerPass) tokens, but it has \(pass.tokenCount)")
        }
    }

    /// - Parameter length: tokens that the sequence's cache holds before the extension.
    private func validate(_ part: SequenceExtension, after length: Int) throws(ModelError) {
        let sequence = part.sequence
        guard !part.tokens.isEmpty else {
            throw .invalidPass("an extension must have tokens, but that of \(sequence) has none")
        }
        guard part.start == length else {
            throw .invalidPass(
                "an extension starts where the cache ends, but that of sequence \(sequence) starts "
                    + "at \(part.start), and the cache holds \(length) tokens")
        }
        guard part.tokens.count <= limits.context - part.start else {
            throw .invalidPass(
                "a sequence can hold \(limits.context) tokens, but \(sequence) would have "
                    + "\(part.start) and \(part.tokens.count) more")
        }
        let size = vocabulary.count
        if let token = part.tokens.first(where: { $0 < 0 || $0 >= size }) {
            throw .invalidPass("tokens go from 0 to \(size - 1), but one is \(token)")
        }
        var last = -1
        for offset in part.scored {
            guard offset > last, offset < part.tokens.count else {
                throw .invalidPass(
                    "scored offsets must ascend within the \(part.tokens.count) tokens of an "
                        + "extension, but those of sequence \(sequence) are \(part.scored)")
            }
            last = offset
        }
        guard case .tokens(let lists) = part.request else { return }
        guard lists.count == part.scored.count else {
            throw .invalidPass(
                "every scored position needs its list of tokens, but sequence \(sequence) has "
                    + "\(lists.count) lists for \(part.scored.count) positions")
        }
        if let id = lists.joined().first(where: { $0 < 0 || $0 >= size }) {
            throw .invalidPass("scored tokens go from 0 to \(size - 1), but one is \(id)")
        }
    }
}
