import EmulatedFineTuning

/// The answer to `POST /v1/responses`, as far as it has come.
struct ResponseObject: Encodable {
    enum Status: String, Encodable {
        case inProgress = "in_progress"
        case completed, incomplete, failed
    }

    /// A message of the model.
    struct Item: Encodable {
        var type = "message"
        var id: String
        var status: Status
        var role = "assistant"
        var content: [Part]
    }

    struct Part: Encodable {
        var type = "output_text"
        var text: String
        var annotations: [String] = []
        var logprobs: [String] = []
    }

    struct IncompleteDetails: Encodable {
        var reason = "max_output_tokens"
    }

    struct Failure: Encodable {
        var code: String
        var message: String
    }

    struct Reasoning: Encodable {
        @Nullable var effort: String?
        @Nullable var summary: String?
    }

    struct Text: Encodable {
        struct Format: Encodable {
            var type: String
        }

        var format: Format
    }

    struct TokenUsage: Encodable {
        struct InputDetails: Encodable {
            var cachedTokens: Int
            var cacheWriteTokens = 0
        }

        struct OutputDetails: Encodable {
            var reasoningTokens = 0
        }

        var inputTokens: Int
        var inputTokensDetails: InputDetails
        var outputTokens: Int
        var outputTokensDetails = OutputDetails()
        var totalTokens: Int

        init(_ usage: Usage) {
            inputTokens = usage.promptTokens
            inputTokensDetails = InputDetails(cachedTokens: usage.promptTokensDetails.cachedTokens)
            outputTokens = usage.completionTokens
            totalTokens = usage.totalTokens
        }
    }

    var id: String
    var object = "response"
    var createdAt: Int
    @Nullable var completedAt: Int?
    var status = Status.inProgress
    var background = false
    @Nullable var error: Failure?
    @Nullable var incompleteDetails: IncompleteDetails?
    @Nullable var instructions: String?
    @Nullable var maxOutputTokens: Int?
    var metadata: [String: String]
    var model: String
    var output: [Item] = []
    var parallelToolCalls = true
    @Nullable var previousResponseId: String?
    var reasoning = Reasoning()
    var serviceTier = "default"
    /// Nothing is.
    var store = false
    var temperature: Double
    var text: Text
    var toolChoice = "auto"
    var tools: [String] = []
    var topLogprobs = 0
    var topP: Double
    var truncation = "disabled"
    @Nullable var usage: TokenUsage?
    /// What the members say about the reply, if the request asks.
    var eft: EftChoice?

    /// At its start: no output, and what holds for the reply.
    init(
        _ body: ResponsesRequest, _ request: GenerationRequest, id: String, createdAt: Int,
        model: String
    ) {
        self.id = id
        self.createdAt = createdAt
        self.model = model
        instructions = body.instructions
        maxOutputTokens = body.maxTokens
        metadata = body.metadata
        temperature = request.sampling.temperature
        topP = request.sampling.topP
        text = Text(format: Text.Format(type: body.form?.name ?? "text"))
    }
}
