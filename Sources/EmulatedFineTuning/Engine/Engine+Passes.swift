// The members' forward passes, run and timed.

extension Engine {
    /// Runs passes of different members. The round gets their rows.
    ///
    /// A pass that fails ends the replies it carries, and no others.
    func run(_ passes: [MemberPass], _ round: inout Round) async {
        let passes = passes.filter { !$0.isEmpty }
        guard !passes.isEmpty else { return }
        let asked = Set(passes.map { models[$0.member] })
        keptRows.keep(round.heard.filter { asked.contains(models[$0]) }, &round)
        let start = ContinuousClock.now
        let results = await forward(passes)
        profile.passes += ContinuousClock.now - start
        var failures: [(sequences: Set<SequenceID>, error: any Error)] = []
        for (made, result) in zip(passes, results) {
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

    /// Passes of members on one thread run one after another, others at the same time; those of shares of one
    /// model are one pass.
    private func forward(_ passes: [MemberPass]) async -> [Result<[Scores], any Error>] {
        var results = [Result<[Scores], any Error>](
            repeating: .failure(CancellationError()), count: passes.count)
        let queues = queues(of: passes)
        guard queues.count > 1 else {
            for indices in queues.joined() {
                let joined = JoinedPass(indices.map { passes[$0] }, composite)
                for (index, result) in zip(indices, await forward(joined)) {
                    results[index] = result
                }
            }
            return results
        }
        return await withTaskGroup(of: [(Int, Result<[Scores], any Error>)].self) { group in
            for queue in queues {
                group.addTask {
                    var results: [(Int, Result<[Scores], any Error>)] = []
                    for indices in queue {
                        let joined = JoinedPass(indices.map { passes[$0] }, self.composite)
                        results += zip(indices, await self.forward(joined)).map { ($0, $1) }
                    }
                    return results
                }
            }
            for await queue in group {
                for (index, result) in queue { results[index] = result }
            }
            return results
        }
    }

    /// Passes by thread, those of one model together.
    private func queues(of passes: [MemberPass]) -> [[[Int]]] {
        var queues: [(thread: Int, joined: [[Int]])] = []
        for (index, made) in passes.enumerated() {
            let model = models[made.member]
            let thread = threads[model]
            guard let queue = queues.firstIndex(where: { $0.thread == thread }) else {
                queues.append((thread, [[index]]))
                continue
            }
            let joined = queues[queue].joined
            if let same = joined.firstIndex(where: { models[passes[$0[0]].member] == model }) {
                queues[queue].joined[same].append(index)
            } else {
                queues[queue].joined.append([index])
            }
        }
        return queues.map(\.joined)
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
            profile.members[part.member] += elapsed * part.pass.tokenCount / width
        }
        guard case .success = result, joined.parts.allSatisfy(\.isTypical) else { return }
        controller.costs[models[joined.parts[0].member]].record(
            width: width, seconds: elapsed / .seconds(1))
    }
}
