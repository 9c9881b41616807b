public import EmulatedFineTuning

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension LlamaModel {
    /// Appends tokens to sequences and returns the scores that were asked for.
    ///
    /// When the pass throws, its sequences are cut back to where they were; those of a recurrent model,
    /// which cannot be, are emptied.
    ///
    /// A pass that nobody wants any more (`ForwardPass.isWanted`) is given up within one step of the network on
    /// the CPU and on Metal; other accelerators finish it.
    ///
    /// - Throws: `ModelError`; `ModelError.cancelled` also when the calling task was cancelled
    ///   before the pass began.
    /// - SeeAlso: `llama_decode` in llama.h.
    public func forward(_ pass: ForwardPass) throws -> [Scores] {
        try validate(pass)
        if Task.isCancelled { throw ModelError.cancelled }
        fill(pass)
        let (code, lines) = timed(width: pass.tokenCount) {
            let result = context.decode(while: pass.isWanted)
            return (result, isWhole: result.code == 0)
        }
        guard code == 0 else {
            undo(pass)
            switch code {
            case 1: throw ModelError.cacheFull(tokens: pass.tokenCount)
            case 2: throw ModelError.cancelled
            default:
                throw ModelError.failed(
                    "a pass over \(pass.tokenCount) tokens ended with code \(code): "
                        + LlamaLog.reason(lines))
            }
        }
        for part in pass.extensions {
            lengths[part.sequence] += part.tokens.count
            lastAppended[part.sequence] = part.tokens.count
            for companion in part.companions { lengths[companion.sequence] += companion.count }
        }
        return try scores(pass)
    }

    private func fill(_ pass: ForwardPass) {
        context.clear()
        for part in pass.extensions {
            var scored = part.scored.makeIterator()
            var next = scored.next()
            for (offset, token) in part.tokens.enumerated() {
                let isScored = next == offset
                if isScored { next = scored.next() }
                let along = part.companions.lazy.filter { offset < $0.count }.map(\.sequence)
                context.append(
                    token: token, position: part.start + offset, sequence: part.sequence,
                    along: along, scored: isScored)
            }
        }
    }

    private func scores(_ pass: ForwardPass) throws -> [Scores] {
        var scores: [Scores] = []
        scores.reserveCapacity(pass.extensions.reduce(0) { $0 + $1.scored.count })
        var first = 0
        for part in pass.extensions {
            for (position, offset) in part.scored.enumerated() {
                guard let row = context.row(first + offset) else {
                    throw ModelError.failed("libllama returned no scores for a scored position")
                }
                switch part.request {
                case .row:
                    scores.append(.row(LogitRow(borrowing: row, owner: context)))
                case .tokens(let lists):
                    let ids = lists[position]
                    scores.append(.tokens(try Self.logProbabilities(of: ids, in: row)))
                }
            }
            first += part.tokens.count
        }
        return scores
    }

    /// log softmax of a row at some ids: x[id] − max − ln Σ exp(x − max), summed in `Double`.
    private static func logProbabilities(
        of ids: [TokenID], in row: UnsafeBufferPointer<Float>
    ) throws -> [Float] {
        let most = Double(row.reduce(-Float.infinity) { max($0, $1) })
        let sum = row.reduce(0.0) { $0 + exp(Double($1) - most) }
        let logSum = most + log(sum)
        guard logSum.isFinite else {
            throw ModelError.failed("a row of scores holds NaN or +∞")
        }
        return ids.map { Float(Double(row[$0]) - logSum) }
    }

    /// Cuts the sequences of a failed pass back: libllama keeps what it had computed.
    private func undo(_ pass: ForwardPass) {
        let sequences = pass.extensions.flatMap { [$0.sequence] + $0.companions.map(\.sequence) }
        for sequence in sequences {
            let length = limits.rewind == .full ? lengths[sequence] : 0
            if !context.cut(sequence, to: length) {
                _ = context.cut(sequence, to: 0)
                lengths[sequence] = 0
            } else {
                lengths[sequence] = length
            }
            lastAppended[sequence] = 0
        }
    }
}
