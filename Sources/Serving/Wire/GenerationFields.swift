import EmulatedFineTuning
import JSONValues

/// The fields that chat and text completions have in common.
struct GenerationFields {
    static let names = [
        "model", "n", "stop", "seed", "temperature", "top_p", "top_k", "min_p",
        "presence_penalty", "frequency_penalty", "repetition_penalty", "logit_bias", "ignore_eos",
        "stream", "stream_options", "user", "eft", "negative_prompt",
    ]
    static let choicesLimit = 128
    static let stopLimit = 16
    static let stopLengthLimit = 256
    static let tokensLimit = 1_000_000_000

    /// The name of a deployment; nil: the only one.
    var model: String?
    /// Choices for each prompt.
    var choices: Int
    var stream: StreamFields?
    var eft: EftFields
    /// What single members read in place of the prompt.
    var members: MemberPromptFields
    /// Strings that end a reply, beside those of the recipe.
    private(set) var stop: [String]
    private var seed: UInt64
    private var ignoresEnd: Bool
    private var temperature: Double?
    private var topP: Double?
    private var topK: Int?
    private var minP: Double?
    private var presencePenalty: Double?
    private var frequencyPenalty: Double?
    private var repetitionPenalty: Double?
    private var logitBias: [TokenID: Double] = [:]

    /// - Parameters:
    ///   - stop: what the strings that end a reply are called.
    ///   - streamOptions: what `stream_options` may hold.
    init(
        _ fields: Fields, stop: String = "stop", streamOptions: [String] = StreamFields.names
    ) throws(APIError) {
        if fields.isStrict { _ = try fields.required("model") }
        model = try fields.text("model")
        choices = try fields.integer("n", in: 1...Self.choicesLimit) ?? 1
        stream = try StreamFields(fields, options: streamOptions)
        eft = try EftFields(fields)
        members = try MemberPromptFields(fields)
        self.stop = try Self.stop(fields, stop)
        // Any 64 bits will do; without a seed, every request has another.
        seed =
            try fields.integer("seed", in: .min ... .max).map { UInt64(bitPattern: Int64($0)) }
            ?? .random(in: 0...UInt64(UInt32.max))
        ignoresEnd = try fields.flag("ignore_eos") ?? false
        temperature = try fields.number("temperature", in: 0...2)
        topP = try fields.number("top_p", in: 0...1)
        // −1 and 0 are vLLM's words for all tokens.
        topK = try fields.integer("top_k", in: -1...Self.tokensLimit)
        minP = try fields.number("min_p", in: 0...1)
        presencePenalty = try fields.number("presence_penalty", in: -2...2)
        frequencyPenalty = try fields.number("frequency_penalty", in: -2...2)
        repetitionPenalty = try fields.number("repetition_penalty", in: 0.01...100)
        _ = try fields.text("user")
        for (key, value) in try fields.numbers("logit_bias") {
            guard let token = Int(key), token >= 0, (-100...100).contains(value) else {
                throw .invalid(
                    "logit_bias",
                    "`logit_bias` maps token ids to numbers from -100 to 100: received "
                        + "\(value.short) under `\(key.prefix(100))`.")
            }
            logitBias[token] = value
        }
    }

    /// Puts the fields over a request's defaults.
    func apply(to request: inout GenerationRequest, _ deployment: Deployment) throws {
        request.seed = seed
        request.stop += stop
        request.ignoresEnd = ignoresEnd
        request.sampling.temperature = temperature ?? request.sampling.temperature
        request.sampling.topP = topP ?? request.sampling.topP
        if let topK { request.sampling.topK = topK > 0 ? topK : nil }
        request.sampling.minP = minP ?? request.sampling.minP
        request.sampling.presencePenalty = presencePenalty ?? request.sampling.presencePenalty
        request.sampling.frequencyPenalty = frequencyPenalty ?? request.sampling.frequencyPenalty
        request.sampling.repetitionPenalty =
            repetitionPenalty ?? request.sampling.repetitionPenalty
        request.sampling.logitBias.merge(logitBias) { $1 }
        try eft.apply(to: &request, deployment)
    }

    /// A string, or an array of some.
    private static func stop(_ fields: Fields, _ name: String) throws(APIError) -> [String] {
        guard let value = fields[name] else { return [] }
        let rule =
            "a string or an array of at most \(stopLimit) strings, none empty or longer than "
            + "\(stopLengthLimit) characters"
        let values: [JSON]
        switch value {
        case .text: values = [value]
        case .array(let list): values = list
        default: throw fields.wrong(name, rule, value)
        }
        guard values.count <= stopLimit else {
            throw .invalid(name, "`\(name)` must be \(rule): received \(values.count).")
        }
        var stops: [String] = []
        for value in values {
            guard case .text(let text) = value else { throw fields.wrong(name, rule, value) }
            guard (1...stopLengthLimit).contains(text.unicodeScalars.count) else {
                throw .invalid(
                    name,
                    "`\(name)` must be \(rule): received one of "
                        + "\(text.unicodeScalars.count) characters.")
            }
            stops.append(text)
        }
        return stops
    }
}

/// How a reply is streamed.
struct StreamFields: Equatable {
    static let names = ["include_usage", "continuous_usage_stats", "include_obfuscation"]

    /// Whether the stream ends with a chunk that holds the usage.
    var includesUsage = false
    /// Whether every chunk holds the usage so far, as in vLLM.
    var isUsageContinuous = false

    /// Nil: the reply comes in one piece.
    init?(_ fields: Fields, options names: [String] = names) throws(APIError) {
        let options = try fields.object("stream_options", known: names)
        guard try fields.flag("stream") ?? false else {
            if options != nil {
                throw .invalid(
                    "stream_options", "`stream_options` needs `stream: true`. Leave it out.")
            }
            return nil
        }
        includesUsage = try options?.flag("include_usage") ?? false
        isUsageContinuous = try options?.flag("continuous_usage_stats") ?? false
        if try options?.flag("include_obfuscation") == true {
            throw .invalid(
                "stream_options.include_obfuscation",
                "`stream_options.include_obfuscation` is not supported by this server.",
                code: "unsupported_parameter")
        }
    }
}
