import ArgumentParser
import EmulatedFineTuning
import Recipes

/// How tokens are drawn; what is not given is the recipe's default.
struct SamplingFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "0 takes the likeliest token; 1 samples as the models say.", valueName: "t"))
    var temperature: Double?

    @Option(help: ArgumentHelp("Keep this many of the likeliest tokens.", valueName: "k"))
    var topK: Int?

    @Option(help: ArgumentHelp("Keep the likeliest tokens with this mass.", valueName: "p"))
    var topP: Double?

    @Option(
        help: ArgumentHelp(
            "Keep tokens with this share of the likeliest one's probability.", valueName: "p"))
    var minP: Double?

    @Option(help: ArgumentHelp("Make tokens of prompt and reply less likely.", valueName: "factor"))
    var repetitionPenalty: Double?

    @Option(help: ArgumentHelp("Subtracted from tokens in the reply.", valueName: "nats"))
    var presencePenalty: Double?

    @Option(
        help: ArgumentHelp("Subtracted for each time a token is in the reply.", valueName: "nats"))
    var frequencyPenalty: Double?

    @Option(help: ArgumentHelp("Added to a token, by id.", valueName: "id=nats"))
    var logitBias: [Assignment] = []

    @Option(help: ArgumentHelp("Tokens of reply at most.", valueName: "tokens"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("End the reply before this text.", valueName: "text"))
    var stop: [String] = []

    @Option(
        help: ArgumentHelp(
            "The same seed gives the same reply; without it, a new one is drawn.",
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
