import ArgumentParser
import EmulatedFineTuning
import Recipes

/// How tokens are sampled. An option that is not given has the recipe's default.
struct SamplingFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sampling temperature: 0 always takes the likeliest token, 1 samples from the unchanged "
                + "distribution. Default: the recipe's, or 1.", valueName: "t"))
    var temperature: Double?

    @Option(help: ArgumentHelp("Keep only this many of the likeliest tokens.", valueName: "k"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Keep only the likeliest tokens, up to this probability mass.", valueName: "p"))
    var topP: Double?

    @Option(
        help: ArgumentHelp(
            "Keep only tokens with at least this share of the likeliest token's probability.",
            valueName: "p"))
    var minP: Double?

    @Option(
        help: ArgumentHelp(
            "Make tokens that are already in the prompt or the reply less likely.",
            valueName: "factor"))
    var repetitionPenalty: Double?

    @Option(
        help: ArgumentHelp(
            "Subtract this from tokens that are already in the reply.", valueName: "nats"))
    var presencePenalty: Double?

    @Option(
        help: ArgumentHelp(
            "Subtract this for each time that a token is already in the reply.", valueName: "nats"))
    var frequencyPenalty: Double?

    @Option(
        help: ArgumentHelp(
            "Add this to the log-probability of the token with this id. Can be repeated.",
            valueName: "id=nats"))
    var logitBias: [Assignment] = []

    @Option(
        help: ArgumentHelp(
            "Maximum number of tokens in the reply. Default: the recipe's, or what fits into the "
                + "context.", valueName: "tokens"))
    var maxTokens: Int?

    @Option(
        help: ArgumentHelp(
            "End the reply before this text. Can be repeated.", valueName: "text"))
    var stop: [String] = []

    @Option(
        help: ArgumentHelp(
            "The same seed gives the same reply. Without it, a new seed is drawn each time.",
            valueName: "number"))
    var seed: UInt64?

    @OptionGroup var speculation: SpeculationFlags

    /// Puts the flags over a request's defaults.
    func apply(to request: inout GenerationRequest) throws {
        request.sampling.temperature = temperature ?? request.sampling.temperature
        request.sampling.topK = topK ?? request.sampling.topK
        request.sampling.topP = topP ?? request.sampling.topP
        request.sampling.minP = minP ?? request.sampling.minP
        request.sampling.repetitionPenalty = repetitionPenalty ?? request.sampling.repetitionPenalty
        request.sampling.presencePenalty = presencePenalty ?? request.sampling.presencePenalty
        request.sampling.frequencyPenalty = frequencyPenalty ?? request.sampling.frequencyPenalty
        for bias in logitBias {
            guard let token = Int(bias.name), let value = Double(bias.value) else {
                throw InputError(
                    "A logit bias is a token id and a number, like --logit-bias 42=-100: "
                        + "received `\(bias.name)=\(bias.value)`.")
            }
            request.sampling.logitBias[token] = value
        }
        request.maxTokens = maxTokens ?? request.maxTokens
        request.stop += stop
        speculation.apply(to: &request)
        request.seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
    }
}
