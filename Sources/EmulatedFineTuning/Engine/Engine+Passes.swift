// The members' forward passes, run and timed.

extension Engine {
    /// Runs passes of different members. The round gets their rows.
    ///
    /// A pass that fails ends the replies it carries, and no others.
    func run(_ passes: [MemberPass], _ round: inout Round) async {
        let passes = passes.filter { !$0.isEmpty }
        guard !passes.isEmpty else { return }
        let again = round.heard.filter { member in
            passes.contains { models[$0.member] == models[member] }
        }
        keptRows.keep(again, &round)
        let start = ContinuousClock.now
        let results = await forward(passes)
        profile.passes += ContinuousClock.now - start
        var failures: [(sequences: Set<SequenceID>, error: any Error)] = []
        for made in passes {
            let result = results[made.member] ?? .failure(CancellationError())
            if case .failure = result, made.isWanted, made.isDivisible(composite) {
                failures += await runApart(made, &round)
                continue
            }
            do {
                try round.receive(
                    result.get(), of: made, named: composite.members[made.member].name)
                for part in made.pass.extensions {
                    slots[part.sequence].cached[made.member] += part.tokens
                }
            } catch  where !made.isWanted {
                // However it ended: nobody is there to hear of an error.
                await drop(made)
            } catch {
                failures.append((Set(made.pass.extensions.map(\.sequence)), error))
            }
        }
        for failure in failures {
            let ended = running.filter { $0.slot.map(failure.sequences.contains) ?? false }
            await fail(ended, with: failure.error)
        }
    }

    /// Runs the extensions of a pass that failed one by one: what a member of another vocabulary cannot read in
    /// one text costs the others nothing.
    private func runApart(
        _ made: MemberPass, _ round: inout Round
    ) async -> [(sequences: Set<SequenceID>, error: any Error)] {
        var failures: [(sequences: Set<SequenceID>, error: any Error)] = []
        let model = composite.members[made.member].model
        for index in made.pass.extensions.indices {
            let part = made.part(index)
            let (sequence, start) = (
                made.pass.extensions[index].sequence, made.pass.extensions[index].start
            )
            do {
                try await model.rewind(sequence, to: start)
                try round.receive(
                    await forward(JoinedPass([part], composite))[0].get(), of: part,
                    named: composite.members[made.member].name)
                slots[sequence].cached[made.member] += made.pass.extensions[index].tokens
            } catch {
                failures.append(([sequence], error))
            }
        }
        return failures
    }

    /// Frees the slots of the replies of a pass that was given up because nobody wants them any more. What their
    /// caches held before is kept for prompts to come.
    private func drop(_ made: MemberPass) async {
        for part in made.pass.extensions {
            do {
                try await composite.members[made.member].model.rewind(part.sequence, to: part.start)
            } catch {
                try? await composite.members[made.member].model.rewind(part.sequence, to: 0)
                slots[part.sequence].cached[made.member] = []
            }
        }
        let sequences = Set(made.pass.extensions.map(\.sequence))
        for reply in running where reply.slot.map(sequences.contains) ?? false {
            release(reply)
            reply.fail(CancellationError())
            reply.slot = nil
        }
    }

    /// What the members said, by member. Passes on one thread run one after another, others at the same time; those
    /// of shares of one model are one pass.
    private func forward(_ passes: [MemberPass]) async -> [Int: Result<[Scores], any Error>] {
        let joined = passes.grouped { models[$0.member] }.map { JoinedPass($0, composite) }
        let queues = joined.grouped { threads[models[$0.parts[0].member]] }
        guard queues.count > 1 else { return await forward(queue: joined) }
        return await withTaskGroup(of: [Int: Result<[Scores], any Error>].self) { group in
            for queue in queues {
                group.addTask { await self.forward(queue: queue) }
            }
            var results: [Int: Result<[Scores], any Error>] = [:]
            for await queue in group { results.merge(queue) { first, _ in first } }
            return results
        }
    }

    private func forward(queue: [JoinedPass]) async -> [Int: Result<[Scores], any Error>] {
        var results: [Int: Result<[Scores], any Error>] = [:]
        for joined in queue {
            for (part, result) in zip(joined.parts, await forward(joined)) {
                results[part.member] = result
            }
        }
        return results
    }

    private func forward(_ joined: JoinedPass) async -> [Result<[Scores], any Error>] {
        let start = ContinuousClock.now
        let result: Result<[Scores], any Error>
        if composite.givesRows(joined.parts[0].member) {
            do {
                result = .success(try await joined.model.forward(joined.pass))
            } catch {
                result = .failure(error)
            }
        } else {
            // Waiting for a remote server can take long. We stop when nobody waits for the replies any more.
            result = await ReplySink.whileWanted(by: joined.sinks) {
                try await joined.model.forward(joined.pass)
            }
        }
        record(joined, ContinuousClock.now - start, result)
        return switch result {
        case .success(let scores): joined.split(scores).map { .success($0) }
        case .failure(let error): joined.parts.map { _ in .failure(error) }
        }
    }

    /// Notes what a pass took: its members by their shares of the tokens.
    private func record(
        _ joined: JoinedPass, _ elapsed: Duration, _ result: Result<[Scores], any Error>
    ) {
        let width = joined.pass.tokenCount
        for part in joined.parts {
            // A product of durations takes longer than the rest of this.
            profile.members[part.member] +=
                joined.parts.count == 1 ? elapsed : elapsed * part.pass.tokenCount / width
        }
        guard case .success = result, joined.parts.allSatisfy(\.isTypical) else { return }
        controller.costs[models[joined.parts[0].member]].record(
            width: width, seconds: elapsed / .seconds(1))
    }
}

extension Array {
    /// Elements with equal keys together, in the order in which the keys appear. For arrays with few keys.
    fileprivate func grouped(by key: (Element) -> Int) -> [[Element]] {
        var groups: [(key: Int, elements: [Element])] = []
        for element in self {
            let own = key(element)
            if let index = groups.firstIndex(where: { $0.key == own }) {
                groups[index].elements.append(element)
            } else {
                groups.append((own, [element]))
            }
        }
        return groups.map(\.elements)
    }
}
