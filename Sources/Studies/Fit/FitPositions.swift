import EmulatedFineTuning
import Foundation

/// What a fit needs of given responses: at every position, the members' log-probabilities of the tokens that the
/// formula rules. Scored once, kept in memory.
///
/// Tokens outside the mask, and control tokens that the fallback rules, have scores that the weights do not change:
/// they are added up.
final class FitPositions {
    struct Position {
        var example: Int
        var target: Target
        /// Tokens that the formula rules, and where their log-probabilities begin: `[member][token]`.
        var ruled: Int
        var start: Int
        /// log Σ exp of the fallback's scores of the tokens outside the mask.
        var outside = -Double.infinity
        /// The log of the probability that control tokens leave to the others.
        var rest = 0.0
        /// By member, its own log-probability of the response's token.
        var alone: [Float]
    }

    /// How the response's token gets its probability.
    enum Target: Equatable {
        /// The formula rules it: its index among those.
        case ruled(Int)
        /// The mask gives it to the fallback: its score.
        case outside(Double)
        /// A control token that keeps the fallback's log-probability.
        case control(Double)
        /// It has none.
        case impossible
    }

    let members: [String]
    private(set) var positions: [Position] = []
    private(set) var values: [Float] = []
    private let composite: Composite
    private let resolved: ResolvedComposite
    private let kernel: CompositeKernel
    /// By member of the fit, its index in the composite.
    private let places: [Int]
    /// By member of the fit, whether it can have a weight.
    private let matters: [Bool]
    /// By member of the fit, its weight as the recipe says.
    private let weights: [Float]
    private let isControl: [Bool]

    /// Positions that are scored at once.
    private static let chunk = 32

    /// - Parameters:
    ///   - members: those of the formula, and those that the mask and the fallback need.
    ///   - matters: by member, whether it can have a weight; nil: all can.
    init(_ composite: Composite, members: [String], matters: [Bool]? = nil) throws {
        self.composite = composite
        self.members = members
        self.matters = matters ?? members.map { _ in true }
        resolved = try composite.resolve()
        let vocabulary = composite.vocabulary.count
        kernel = CompositeKernel(vocabulary: vocabulary)
        places = members.compactMap { name in
            composite.members.firstIndex { $0.name == name }
        }
        let terms = resolved.formula.terms
        weights = places.map { place in terms.first { $0.member == place }?.weight ?? 0 }
        var isControl = Array(repeating: false, count: vocabulary)
        if resolved.fallback != nil {
            for token in resolved.fallbackTokens { isControl[token] = true }
        }
        self.isControl = isControl
    }

    /// Calls `body` with a position's log-probabilities, `[member][token]`.
    func withRows<Result>(
        _ position: Position, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let range = position.start..<position.start + members.count * position.ruled
        return try values.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[range]))
        }
    }

    /// Adds the positions of one response, unless all log-probabilities would then take more than some bytes.
    ///
    /// - Returns: whether they were added.
    /// - Throws: `ModelError`, `GenerationError`.
    func append(
        _ request: GenerationRequest, example: Int, within bytes: Int = .max
    ) async throws -> Bool {
        let response = request.response ?? []
        guard !response.isEmpty else { return true }
        let before = (positions.count, values.count)
        let most = bytes / MemoryLayout<Float>.size
        if resolved.mask == nil {
            // Then it is known beforehand.
            let more = response.count * members.count * composite.vocabulary.count
            guard values.count + more <= most else { return false }
        }
        var readings = try places.map { place in
            try ResponseReading(
                composite, place,
                prompt: request.prompts[composite.members[place].name] ?? request.prompt,
                response: response)
        }
        for reading in readings { try await reading.rewind() }
        do {
            var next = 0
            while next < response.count, values.count <= most {
                let chunk = next..<min(next + Self.chunk, response.count)
                try await append(response, chunk, &readings, example)
                next = chunk.upperBound
            }
        } catch {
            for reading in readings { try? await reading.rewind() }
            throw error
        }
        for reading in readings { try await reading.rewind() }
        guard values.count <= most else {
            positions.removeSubrange(before.0...)
            values.removeSubrange(before.1...)
            return false
        }
        return true
    }

    private func append(
        _ response: [TokenID], _ chunk: Range<Int>, _ readings: inout [ResponseReading],
        _ example: Int
    ) async throws {
        let vocabulary = composite.vocabulary.count
        var rows: [[Float]?] = readings.map { _ in nil }
        for index in readings.indices where readings[index].givesRows {
            rows[index] = try await readings[index].rows(chunk)
        }
        func withRows<Result>(
            _ place: Int, _ body: (PositionRows) throws -> Result
        ) rethrows -> Result {
            var all = [NormalizedRow?](repeating: nil, count: composite.members.count)
            return try Self.borrowing(rows, at: place, vocabulary) { borrowed in
                for (index, row) in borrowed.enumerated() {
                    all[places[index]] = row.map { NormalizedRow($0, logNormalizer: 0) }
                }
                return try body(PositionRows(all))
            }
        }
        var parts = try chunk.indices.map { index in
            try withRows(index - chunk.lowerBound) { try divide(response[index], $0) }
        }
        // Members that score chosen tokens are asked for those that the formula rules, and for the response's.
        for index in readings.indices where !readings[index].givesRows {
            // A token twice in a list would count twice.
            let more = parts.map { $0.ruled.contains($0.token) ? [] : [$0.token] }
            let found = try await readings[index].scores(
                chunk, of: zip(parts, more).map { $0.ruled + $1 },
                guesses: zip(parts, more).map { part, more in
                    part.guesses + more.map { _ in part.guess }
                })
            for place in parts.indices { parts[place].scores[index] = found[place] }
        }
        for (place, part) in parts.enumerated() {
            withRows(place) { add(part, $0, example) }
        }
    }

    /// Rows of one position, by member; valid inside `body`.
    private static func borrowing<Result>(
        _ rows: [[Float]?], at place: Int, _ vocabulary: Int,
        _ body: ([Row?]) throws -> Result
    ) rethrows -> Result {
        func next(_ index: Int, _ borrowed: [Row?]) throws -> Result {
            guard index < rows.count else { return try body(borrowed) }
            guard let values = rows[index] else { return try next(index + 1, borrowed + [nil]) }
            return try values.withUnsafeBufferPointer {
                let row = Row(rebasing: $0[place * vocabulary..<(place + 1) * vocabulary])
                return try next(index + 1, borrowed + [row])
            }
        }
        return try next(0, [])
    }

    /// A position, divided into what the formula rules and the rest.
    private struct Part {
        var token: TokenID
        var ruled: [TokenID]
        /// What the fallback says of them, nats; only where someone is asked.
        var guesses: [Float] = []
        var guess: Float = 0
        /// By member that scores chosen tokens: the scores of `ruled`, then of `token` where it is none of them.
        var scores: [Int: [Float]] = [:]

        /// The response's token in the lists of scores.
        var place: Int { ruled.firstIndex(of: token) ?? ruled.count }
    }

    private func divide(_ token: TokenID, _ rows: PositionRows) throws -> Part {
        var ruled =
            try resolved.mask.map { try kernel.kept(by: $0, rows) }
            ?? Array(composite.vocabulary.tokens.indices)
        ruled.removeAll { isControl[$0] }
        var part = Part(token: token, ruled: ruled)
        if places.contains(where: { composite.members[$0].model.limits.scores == .tokens }),
            let sum = resolved.rulingSum
        {
            part.guesses = ruled.map { sum.score($0, rows) }
            part.guess = sum.score(token, rows)
        }
        return part
    }

    private func add(_ part: Part, _ rows: PositionRows, _ example: Int) {
        let columns = members.indices.map { member in
            guard matters[member] else { return part.ruled.map { _ in Float(0) } }
            if let scores = part.scores[member] { return Array(scores.prefix(part.ruled.count)) }
            let row = rows[places[member]]
            return part.ruled.map { row[$0] }
        }
        let place = part.place
        let alone = members.indices.map { member in
            part.scores[member]?[place] ?? rows[places[member]][part.token]
        }
        // As in decoding: what a positively weighted member forbids is forbidden, and what only others forbid falls
        // to the fallback.
        var kept: [Int] = []
        var fallen: Set<TokenID> = []
        for index in part.ruled.indices {
            if columns.allSatisfy({ $0[index].isFinite }) {
                kept.append(index)
            } else if zip(weights, columns).reduce(0, { $1.0 == 0 ? $0 : $0 + $1.0 * $1.1[index] })
                == .infinity
            {
                fallen.insert(part.ruled[index])
            }
        }
        var position = Position(
            example: example, target: .impossible, ruled: kept.count, start: values.count,
            alone: alone)
        for column in columns { values += kept.map { column[$0] } }
        if let place = kept.firstIndex(where: { part.ruled[$0] == part.token }) {
            position.target = .ruled(place)
        }
        if let fallback = resolved.fallback {
            rule(&position, part, by: fallback, rows, also: fallen)
        }
        positions.append(position)
    }

    /// Adds up what the fallback rules: tokens outside the mask, control tokens, and some others.
    private func rule(
        _ position: inout Position, _ part: Part, by fallback: WeightedSum, _ rows: PositionRows,
        also fallen: Set<TokenID>
    ) {
        var isOutside = Array(repeating: resolved.mask?.effect == .fallback, count: isControl.count)
        for token in part.ruled { isOutside[token] = fallen.contains(token) }
        var scores = Array(repeating: Float(0), count: isControl.count)
        scores.withUnsafeMutableBufferPointer { fallback.scores(rows, into: $0) }
        var (all, controls, outside) = (0.0, 0.0, 0.0)
        for token in scores.indices where scores[token].isFinite {
            let weight = exp(Double(scores[token]))
            all += weight
            if isControl[token] {
                controls += weight
            } else if isOutside[token] {
                outside += weight
            }
        }
        position.rest = log1p(-min(1, controls / all))
        position.outside = log(outside)
        let score = Double(scores[part.token])
        guard position.target == .impossible, score.isFinite else { return }
        if isControl[part.token] {
            position.target = .control(score - log(all))
        } else if isOutside[part.token] {
            position.target = .outside(score)
        }
    }
}
