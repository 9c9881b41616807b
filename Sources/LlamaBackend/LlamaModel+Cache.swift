public import EmulatedFineTuning

extension LlamaModel {
    /// Cuts a sequence's cache back to its first `length` tokens; 0 releases the sequence.
    ///
    /// A model with a sliding window can have lost what lies before the window, when its cells were
    /// needed; the sequence is then released, and the error says so. A recurrent model that keeps
    /// states can go back once after a pass, to any length that leaves one token of that pass.
    ///
    /// - Throws: `ModelError.cannotRewind`.
    /// - Complexity: O(cells).
    public func rewind(_ sequence: SequenceID, to length: Int) throws {
        guard lengths.indices.contains(sequence) else {
            throw ModelError.cannotRewind(
                "sequences go from 0 to \(limits.sequences - 1), but this is \(sequence)")
        }
        let held = lengths[sequence]
        guard length >= 0, length <= held else {
            throw ModelError.cannotRewind(
                "sequence \(sequence) holds \(held) tokens, and cannot be cut back to \(length)")
        }
        if length == held { return }
        if length > 0 { try requireRewindable(sequence, by: held - length) }
        guard context.cut(sequence, to: length) else {
            throw ModelError.cannotRewind(
                "libllama keeps no state of sequence \(sequence) after \(length) tokens")
        }
        lengths[sequence] = length
        lastAppended[sequence] = 0
        guard isComplete(sequence) else {
            release(sequence)
            throw ModelError.cannotRewind(
                "the sliding window before token \(length) of sequence \(sequence) is no longer "
                    + "cached; the sequence was released. Raise `cells`")
        }
    }

    /// Makes `target` share the first `length` tokens of `source`: no numbers are copied.
    ///
    /// - Throws: `ModelError.cannotShare`; both sequences are then unchanged.
    /// - Complexity: O(cells).
    public func share(_ source: SequenceID, with target: SequenceID, length: Int) throws {
        guard lengths.indices.contains(source), lengths.indices.contains(target), source != target
        else {
            throw ModelError.cannotShare(
                "two different sequences from 0 to \(limits.sequences - 1) are needed, but they "
                    + "are \(source) and \(target)")
        }
        guard lengths[target] == 0 else {
            throw ModelError.cannotShare(
                "sequence \(target) must be empty, but holds \(lengths[target]) tokens")
        }
        guard length >= 0, length <= lengths[source] else {
            throw ModelError.cannotShare(
                "sequence \(source) holds \(lengths[source]) tokens, not \(length)")
        }
        if length == 0 { return }
        guard limits.rewind == .full else {
            throw ModelError.cannotShare(
                "a recurrent model has one state for all that it has read")
        }
        context.copy(source, to: target, length: length)
        lengths[target] = length
        guard isComplete(target) else {
            release(target)
            throw ModelError.cannotShare(
                "the sliding window before token \(length) of sequence \(source) is no longer "
                    + "cached")
        }
    }

    /// Recurrent models keep the states after the last tokens of the last pass. Not the state before
    /// it: asked for that, libllama would go on from another one without an error.
    private func requireRewindable(_ sequence: SequenceID, by count: Int) throws {
        let most =
            switch limits.rewind {
            case .full: Int.max
            case .partial(let states): min(states, max(0, lastAppended[sequence] - 1))
            case .none: 0
            }
        guard count <= most else {
            throw ModelError.cannotRewind(
                "the model is recurrent and can go back by \(most) tokens, not \(count). Release "
                    + "the sequence and read it again")
        }
    }

    /// Whether the cache holds all that the next token of a sequence looks back on.
    private func isComplete(_ sequence: SequenceID) -> Bool {
        guard let slidingWindow, lengths[sequence] > 0 else { return true }
        guard let first = context.firstPosition(sequence) else { return false }
        return first <= max(0, lengths[sequence] - slidingWindow + 1)
    }

    private func release(_ sequence: SequenceID) {
        _ = context.cut(sequence, to: 0)
        lengths[sequence] = 0
        lastAppended[sequence] = 0
    }
}
