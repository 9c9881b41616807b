import EmulatedFineTuning

// The base's passes: the main path of every sequence, and ways of writing that leave it.

extension StringModel {
    /// Brings the base's caches up to the texts, and keeps the rows that the positions can need.
    ///
    /// The tokens of held bytes that later tokens of the main path write otherwise are read in the same pass, if
    /// the base allows it.
    ///
    /// - Returns: the rows after those.
    func readMainPaths(
        _ pass: ForwardPass, _ positions: [Position]
    ) async throws -> [SidePaths.Node: KeptRow] {
        var parts: [SequenceExtension] = []
        for sequence in pass.extensions.map(\.sequence) {
            let points = positions.filter { $0.sequence == sequence && !$0.tokens.isEmpty }
            let first = points.map(\.point.length).min()
            let text = sequences[sequence].text
            let path = first == nil ? text.stable : text.path
            try requireRoom(path)
            var keep = zip(path, sequences[sequence].cached).prefix { $0 == $1 }.count
            if let first {
                // A row that was not kept is computed again.
                let lacking = (first...path.count).first { sequences[sequence].rows[$0] == nil }
                keep = max(0, min(keep, (lacking ?? path.count + 1) - 1))
            }
            try await cut(sequence, to: keep)
            guard keep < path.count else { continue }
            let scored = (keep..<path.count).filter { $0 + 1 >= first ?? .max }.map { $0 - keep }
            parts.append(
                SequenceExtension(
                    sequence: sequence, start: keep, tokens: Array(path[keep...]), scored: scored))
            if let first {
                sequences[sequence].rows = sequences[sequence].rows.filter { $0.key >= first }
            }
        }
        // Prompts that are read alone are no part of decoding.
        let before = statistics.mainTime
        defer { if positions.isEmpty { statistics.mainTime = before } }
        let riders = base.takesCompanions ? riders(positions, beside: &parts) : []
        var rows: [SidePaths.Node: KeptRow] = [:]
        do {
            for rider in riders where rider.shared > 0 {
                try await base.share(
                    rider.end.sequence, with: rider.part.sequence, length: rider.shared)
            }
            try await read(parts, riders, &rows, pass.isWanted)
        } catch {
            try? await release(riders)
            throw error
        }
        try await release(riders)
        return rows
    }

    /// A side path that goes along with the main paths, in a sequence of its own.
    private struct Rider {
        var end: SidePaths.Node
        /// Tokens of the main path that it shares before the pass.
        var shared: Int
        var part: SequenceExtension
    }

    /// The side paths of held bytes, as many as there are sequences for.
    private func riders(
        _ positions: [Position], beside parts: inout [SequenceExtension]
    ) -> [Rider] {
        var paths = SidePaths()
        for position in positions {
            let path = sequences[position.sequence].text.path
            for case .side(let node) in heldPath(position, along: path) { paths.insert(node) }
        }
        var riders: [Rider] = []
        for (end, side) in zip(paths.ends, sides) {
            let main = parts.firstIndex { $0.sequence == end.sequence }
            let shared = min(end.fork, main.map { parts[$0].start } ?? .max)
            if let main, end.fork > shared {
                parts[main].companions.append(.init(sequence: side, count: end.fork - shared))
            }
            riders.append(
                Rider(
                    end: end, shared: shared,
                    part: SequenceExtension(
                        sequence: side, start: end.fork, tokens: end.tokens,
                        scored: Array(end.tokens.indices))))
        }
        return riders
    }

    private func release(_ riders: [Rider]) async throws {
        for rider in riders { try await base.rewind(rider.part.sequence, to: 0) }
    }

    /// Reads main paths, and side paths along with them. Without room for both, side paths are left for a pass
    /// of their own.
    private func read(
        _ parts: [SequenceExtension], _ riders: [Rider], _ rows: inout [SidePaths.Node: KeptRow],
        _ isWanted: @escaping @Sendable () -> Bool
    ) async throws {
        let width = base.limits.tokensPerPass
        var isRiding = !riders.isEmpty
        for chunk in (parts + riders.map(\.part)).chunked(atMost: width) {
            var chunk = chunk
            var scores: ArraySlice<Scores> = []
            if isRiding {
                do {
                    scores = try await forward(
                        ForwardPass(chunk, isWanted: isWanted), adding: \.mainTime)[...]
                } catch {
                    await takeBack(chunk.filter { !sides.contains($0.sequence) })
                    guard case ModelError.cacheFull = error else { throw error }
                    isRiding = false
                    try await release(riders)
                }
            }
            if !isRiding {
                chunk = chunk.withoutCompanions.filter { !sides.contains($0.sequence) }
                guard !chunk.isEmpty else { continue }
                scores = try await run(ForwardPass(chunk, isWanted: isWanted))[...]
            }
            for part in chunk where !sides.contains(part.sequence) {
                sequences[part.sequence].cached += part.tokens
            }
            for part in chunk {
                let rider = riders.first { $0.part.sequence == part.sequence }
                for offset in part.scored {
                    let row = try scores.popFirst().map(KeptRow.init)
                    let length = part.start + offset + 1
                    if var node = rider?.end {
                        node.tokens.removeSubrange((length - node.fork)...)
                        rows[node] = row
                        statistics.sideRows += 1
                    } else {
                        sequences[part.sequence].rows[length] = row
                        statistics.mainRows += 1
                    }
                }
            }
        }
    }

    private func requireRoom(_ path: [TokenID]) throws(ModelError) {
        guard path.count <= limits.context else {
            throw .failed(
                "the text has \(path.count) tokens in the vocabulary of a member of another family, "
                    + "which can hold \(limits.context). Raise `context` in the recipe, or ask for "
                    + "fewer tokens")
        }
    }

    /// Adds the rows after side paths that are not there yet. The paths share the main path's cells, and are gone
    /// after the pass.
    func readSidePaths(
        _ places: [Place], _ rows: inout [SidePaths.Node: KeptRow],
        _ isWanted: @escaping @Sendable () -> Bool
    ) async throws {
        var paths = SidePaths()
        for case .side(let node) in places where rows[node] == nil { paths.insert(node) }
        let ends = paths.ends
        let width = base.limits.tokensPerPass
        var next = 0
        while next < ends.count {
            var parts: [SequenceExtension] = []
            var count = 0
            let first = next
            while next < ends.count, parts.count < sides.count,
                count + ends[next].tokens.count <= width
            {
                let end = ends[next]
                let side = sides.lowerBound + parts.count
                parts.append(
                    SequenceExtension(
                        sequence: side, start: end.fork, tokens: end.tokens,
                        scored: Array(end.tokens.indices)))
                count += end.tokens.count
                next += 1
            }
            guard next > first else {
                throw ModelError.invalidPass("a way of writing a text is wider than a pass")
            }
            statistics.sidePasses += 1
            statistics.sideRows += count
            do {
                for (part, end) in zip(parts, ends[first..<next]) where end.fork > 0 {
                    try await base.share(end.sequence, with: part.sequence, length: end.fork)
                }
                var scores = try await forward(
                    ForwardPass(parts, isWanted: isWanted), adding: \.sideTime)[...]
                for end in ends[first..<next] {
                    for length in 1...end.tokens.count {
                        var node = end
                        node.tokens.removeSubrange(length...)
                        rows[node] = try scores.popFirst().map(KeptRow.init)
                    }
                }
            } catch {
                for part in parts { try? await base.rewind(part.sequence, to: 0) }
                throw error
            }
            for part in parts { try await base.rewind(part.sequence, to: 0) }
        }
    }

    /// Runs the base, and adds up the time it takes.
    private func forward(
        _ pass: ForwardPass, adding time: WritableKeyPath<StringStatistics, Duration>
    ) async throws -> [Scores] {
        let began = ContinuousClock.now
        defer { statistics[keyPath: time] += ContinuousClock.now - began }
        return try await base.forward(pass)
    }

    /// Runs a pass over main paths. If it fails, the caches are cut back to where they were.
    ///
    /// Where the cache is full, sequences that are not in the pass give up their cells: they can be read again.
    private func run(_ pass: ForwardPass, retrying: Bool = true) async throws -> [Scores] {
        do {
            return try await forward(pass, adding: \.mainTime)
        } catch ModelError.cacheFull where retrying {
            let busy = Set(pass.extensions.map(\.sequence))
            for part in pass.extensions { try await base.rewind(part.sequence, to: part.start) }
            for idle in sequences.indices where !busy.contains(idle) { try await cut(idle, to: 0) }
            return try await run(pass, retrying: false)
        } catch {
            await takeBack(pass.extensions)
            throw error
        }
    }

    /// Cuts the caches of a failed pass over main paths back to where they were.
    private func takeBack(_ parts: [SequenceExtension]) async {
        for part in parts {
            do {
                try await base.rewind(part.sequence, to: part.start)
            } catch {
                try? await base.rewind(part.sequence, to: 0)
                sequences[part.sequence].cached = []
                sequences[part.sequence].rows = [:]
            }
        }
    }

    /// Cuts the base's cache of a sequence back.
    func cut(_ sequence: SequenceID, to length: Int) async throws {
        guard sequences[sequence].cached.count > length else { return }
        try await base.rewind(sequence, to: length)
        sequences[sequence].cached.removeSubrange(length...)
        sequences[sequence].rows = sequences[sequence].rows.filter { $0.key <= length }
    }
}

extension [SequenceExtension] {
    /// The same extensions, each for its own sequence alone.
    fileprivate var withoutCompanions: [SequenceExtension] {
        map { part in
            var part = part
            part.companions = []
            return part
        }
    }

    /// The same extensions in passes of at most so many tokens; long ones are cut into several.
    fileprivate func chunked(atMost width: Int) -> [[SequenceExtension]] {
        var chunks: [[SequenceExtension]] = []
        var room = 0
        for part in self {
            var rest = part
            while !rest.tokens.isEmpty {
                if room == 0 {
                    chunks.append([])
                    room = width
                }
                let count = Swift.min(room, rest.tokens.count)
                var piece = rest
                piece.tokens = [TokenID](rest.tokens.prefix(count))
                piece.scored = rest.scored.filter { $0 < count }
                for place in piece.companions.indices {
                    piece.companions[place].count = Swift.min(piece.companions[place].count, count)
                }
                chunks[chunks.count - 1].append(piece)
                rest.start += count
                rest.tokens.removeFirst(count)
                rest.scored = rest.scored.compactMap { $0 < count ? nil : $0 - count }
                rest.companions = rest.companions.compactMap {
                    $0.count > count ? .init(sequence: $0.sequence, count: $0.count - count) : nil
                }
                room -= count
            }
        }
        return chunks
    }
}
