/// Checks a request against the members before it waits for a slot.
struct RequestRules {
    let composite: Composite

    /// - Throws: ``GenerationError``, ``CompositeError``, `SamplingError`: the first rule that is broken.
    func check(_ reply: LiveReply) throws {
        try check(reply.request)
        for member in reply.active { try check(reply, member) }
    }

    /// The rules that do not depend on what the members can hold.
    private func check(_ request: GenerationRequest) throws {
        let vocabulary = composite.vocabulary.count
        try request.sampling.validate(vocabulary: vocabulary)
        for name in request.prompts.keys.sorted()
        where !composite.members.contains(where: { $0.name == name }) {
            throw CompositeError.unknownMember(name)
        }
        if let response = request.response, response.isEmpty {
            throw GenerationError.invalidRequest(
                "A response to score needs at least 1 token: this one has none.")
        }
        guard request.maxTokens >= 1 else {
            throw GenerationError.invalidRequest(
                "A reply needs at least 1 token: \(request.maxTokens) were asked for.")
        }
        if case .block(let length) = request.speculation, !(0...1024).contains(length) {
            throw GenerationError.invalidRequest(
                "A speculative block must have 0 to 1024 tokens: \(length) were asked for.")
        }
        if let stranger = request.reportedTokens.first(where: { !(0..<vocabulary).contains($0) }) {
            throw GenerationError.unknownToken(stranger, vocabulary: vocabulary)
        }
    }

    /// Whether a member can read the prompt, and hold it with the whole reply.
    private func check(_ reply: LiveReply, _ member: Int) throws {
        let request = reply.request
        let vocabulary = composite.vocabulary.count
        let prompt = reply.tokens[member]
        let name = composite.members[member].name
        let limits = composite.members[member].model.limits
        guard !prompt.isEmpty else { throw GenerationError.emptyPrompt }
        let alignment = composite.alignments[member]
        let own = composite.members[member].model.ownVocabulary?.count ?? 0
        let all = reply.prompt(of: member) + (request.response ?? [])
        if let stranger = all.first(where: {
            $0 < 0 ? ~$0 >= own : $0 >= vocabulary || !alignment.canRead($0)
        }) {
            throw GenerationError.unknownToken(stranger, vocabulary: vocabulary)
        }
        let limit = min(limits.context, limits.cells)
        guard prompt.count < limit else {
            throw GenerationError.promptTooLong(member: name, tokens: prompt.count, limit: limit)
        }
        // Compared before anything is added to it.
        guard request.response != nil || request.maxTokens <= limit - prompt.count else {
            throw GenerationError.replyTooLong(
                member: name, prompt: prompt.count, reply: request.maxTokens, limit: limit)
        }
        guard reply.reservation(member) <= limit else {
            throw GenerationError.replyTooLong(
                member: name, prompt: prompt.count,
                reply: reply.reservation(member) - prompt.count, limit: limit)
        }
    }
}
