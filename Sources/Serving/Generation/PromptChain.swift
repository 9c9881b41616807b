import EmulatedFineTuning

/// Prompts that continue each other, each by one token: together they are a text to score. What is
/// likeliest after every one of them takes one pass, where as many replies would take one each.
struct PromptChain {
    /// The prompts, by their place in the request.
    let prompts: Range<Int>
    /// Scores the tokens that the later prompts add, and one more, which stands for the token after the
    /// last prompt; reports the likeliest token at each.
    let request: GenerationRequest

    /// The longest chains, in the order of the prompts.
    ///
    /// - Parameter prompts: requests that differ in their prompts only, and report some tokens.
    static func chains(_ prompts: [GenerationRequest]) -> [PromptChain] {
        var chains: [PromptChain] = []
        var start = 0
        while start < prompts.count {
            var end = start + 1
            while end < prompts.count,
                prompts[end].prompt.count == prompts[end - 1].prompt.count + 1,
                prompts[end].prompt.starts(with: prompts[end - 1].prompt)
            { end += 1 }
            chains.append(PromptChain(prompts, start..<end))
            start = end
        }
        return chains
    }

    private init(_ prompts: [GenerationRequest], _ range: Range<Int>) {
        self.prompts = range
        var request = prompts[range.lowerBound]
        let added = prompts[range.upperBound - 1].prompt.dropFirst(request.prompt.count)
        request.kind = .score(Array(added) + request.reportedTokens.prefix(1))
        request.topLogProbabilities = max(1, request.topLogProbabilities)
        self.request = request
    }

    /// Makes a token that was scored the likeliest one at its place.
    static func say(_ token: inout GeneratedToken) {
        let likeliest = token.top.max {
            ($0.logProbability, -$0.id) < ($1.logProbability, -$1.id)
        }
        guard let likeliest else { return }
        token.id = likeliest.id
        token.logProbability = likeliest.logProbability
    }
}
