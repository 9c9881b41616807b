// The members' forward passes, run and timed.

extension Engine {
    /// Runs passes of different members. The round gets their rows.
    ///
    /// A pass that fails ends the replies it carries, and no others.
    func run(_ passes: [MemberPass], _ round: inout Round) async {
        let passes = passes.filter { !$0.isEmpty }
        guard !passes.isEmpty else { return }
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
                    await forward(part).get(), of: part, named: composite.members[made.member].name)
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

    /// Passes of members on one thread run one after another, others at the same time.
    private func forward(_ passes: [MemberPass]) async -> [Result<[Scores], any Error>] {
        let queues = Dictionary(grouping: passes.indices) { threads[passes[$0].member] }
        guard queues.count > 1 else {
            var results: [Result<[Scores], any Error>] = []
            for made in passes { results.append(await forward(made)) }
            return results
        }
        return await withTaskGroup(of: [(Int, Result<[Scores], any Error>)].self) { group in
            for queue in queues.values {
                group.addTask {
                    var results: [(Int, Result<[Scores], any Error>)] = []
                    for index in queue {
                        results.append((index, await self.forward(passes[index])))
                    }
                    return results
                }
            }
            var results = [Result<[Scores], any Error>](
                repeating: .failure(CancellationError()), count: passes.count)
            for await queue in group {
                for (index, result) in queue { results[index] = result }
            }
            return results
        }
    }

    private func forward(_ made: MemberPass) async -> Result<[Scores], any Error> {
        let start = ContinuousClock.now
        let model = composite.members[made.member].model
        let sinks = made.sinks
        var pass = made.pass
        pass.isWanted = { sinks.contains { !$0.isAbandoned } }
        let result: Result<[Scores], any Error>
        if composite.givesRows(made.member) {
            do {
                result = .success(try await model.forward(pass))
            } catch {
                result = .failure(error)
            }
        } else {
            // Waiting for a remote server can take long. We stop when nobody waits for the replies any more.
            result = await ReplySink.whileWanted(by: sinks) { [pass] in
                try await model.forward(pass)
            }
        }
        let elapsed = ContinuousClock.now - start
        profile.members[made.member] += elapsed
        if case .success = result, made.isTypical {
            controller.costs[made.member].record(
                width: made.pass.tokenCount, seconds: elapsed / .seconds(1))
        }
        return result
    }
}
