/// What a pass of a member takes.
public struct PassCost: Sendable, Equatable {
    /// The member, by the composite's order.
    public var member: Int
    /// Tokens that the pass carries, all in one sequence and all scored.
    public var width: Int
    /// Every measured duration, seconds.
    public var seconds: [Double]
}

extension Engine {
    /// Times passes of every member, in turn, over a sequence that holds `context` tokens already.
    ///
    /// - Throws: ``GenerationError/invalidRequest(_:)`` while replies are running, or when a member cannot
    ///   hold so much; ``ModelError``.
    public func measurePasses(
        widths: [Int], context: Int, repeats: Int
    ) async throws -> [PassCost] {
        // Replies that have ended may still be leaving their last round.
        while isStepping, waiting.isEmpty, running.allSatisfy(\.isFinished) { await Task.yield() }
        guard running.isEmpty, waiting.isEmpty else {
            throw GenerationError.invalidRequest(
                "Passes can be timed only while no reply is running.")
        }
        // Replies that come meanwhile wait: the passes use a slot.
        isStepping = true
        defer {
            isStepping = false
            start()
        }
        let widest = widths.max() ?? 1
        for (name, limits) in composite.members.map({ ($0.name, $0.model.limits) }) {
            guard context >= 0, repeats >= 1, widths.allSatisfy({ $0 >= 1 }),
                context + widest <= min(limits.context, limits.cells),
                widest <= limits.tokensPerPass
            else {
                throw GenerationError.invalidRequest(
                    "Passes of \(widest) tokens after \(context) do not fit member `\(name)`.")
            }
        }
        var costs: [PassCost] = widths.flatMap { width in
            composite.members.indices.map { PassCost(member: $0, width: width, seconds: []) }
        }
        for _ in 0..<repeats {
            for index in costs.indices {
                costs[index].seconds.append(
                    try await time(costs[index].member, costs[index].width, after: context))
            }
        }
        for member in composite.members.indices {
            try await carryOut(CacheCut(slot: 0, member: member, length: 0))
        }
        return costs
    }

    private func time(_ member: Int, _ width: Int, after context: Int) async throws -> Double {
        // A recurrent member goes back to nothing: it is filled anew.
        try await carryOut(CacheCut(slot: 0, member: member, length: context))
        let chunk = composite.members[member].model.limits.tokensPerPass
        while slots[0].cached[member].count < context {
            _ = try await append(
                min(chunk, context - slots[0].cached[member].count), to: member, scored: false)
        }
        return try await append(width, to: member, scored: true)
    }

    /// Appends made-up tokens to the first slot; returns the seconds it took.
    private func append(_ count: Int, to member: Int, scored: Bool) async throws -> Double {
        let start = slots[0].cached[member].count
        let size = min(composite.vocabulary.count, composite.alignments[member].size)
        let tokens = (start..<start + count).map { 3 + 7919 * $0 % max(1, size - 3) }
        // As many as a nucleus often has.
        let few = Array(0..<min(16, size))
        let asked = Array(repeating: few, count: count)
        let pass = ForwardPass([
            SequenceExtension(
                sequence: 0, start: start, tokens: tokens.map { $0 % size },
                scored: scored ? Array(0..<count) : [],
                request: composite.givesRows(member) ? .row : .tokens(scored ? asked : []))
        ])
        let began = ContinuousClock.now
        _ = try await composite.members[member].model.forward(pass)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        slots[0].cached[member] += pass.extensions[0].tokens
        return seconds
    }
}
