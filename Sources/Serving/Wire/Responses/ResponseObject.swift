import EmulatedFineTuning

/// The answer to `POST /v1/responses`, as far as it has come.
struct ResponseObject: Encodable {
    enum Status: String, Encodable {
        case inProgress = "in_progress"
        case completed, incomplete, failed
    }

    /// A message, thoughts or a call of a tool. Which fields it has depends on its type.
    struct Item: Encodable {
        var type: String
        var id: String
        var status: Status
        var role: String?
        var content: [Part]?
        var summary: [String]?
        var callId: String?
        var name: String?
        var arguments: String?

        /// - Parameter status: what comes later, in events, is left out of an item in progress.
        init(_ block: ReplyBlocks.Block, _ status: Status) {
            self.status = status
            let isBegun = status == .inProgress
            switch block.kind {
            case .text:
                (type, id, role) = ("message", block.itemID, "assistant")
                content = isBegun ? [] : [Part(block)]
            case .thoughts:
                (type, id, summary) = ("reasoning", block.itemID, [])
                content = isBegun ? [] : [Part(block)]
            case .call(let name):
                (type, id, self.name) = ("function_call", block.itemID, name)
                callId = "call_\(block.id)"
                arguments = isBegun ? "" : block.text
            }
        }
    }

    /// What a message says, or what was thought.
    struct Part: Encodable {
        var type: String
        var text: String
        var annotations: [String]?
        var logprobs: [String]?

        init(_ block: ReplyBlocks.Block, isBegun: Bool = false) {
            text = isBegun ? "" : block.text
            type = block.kind == .text ? "output_text" : "reasoning_text"
            if block.kind == .text { (annotations, logprobs) = ([], []) }
        }
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
    var parallelToolCalls: Bool
    @Nullable var previousResponseId: String?
    var reasoning = Reasoning()
    var serviceTier = "default"
    /// Nothing is.
    var store = false
    var temperature: Double
    var text: Text
    var toolChoice: RawJSON
    var tools: [RawJSON]
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
        parallelToolCalls = body.tools.severalCalls
        toolChoice = RawJSON(body.sentToolChoice)
        tools = body.sentTools.map { RawJSON($0) }
        temperature = request.sampling.temperature
        topP = request.sampling.topP
        text = Text(format: Text.Format(type: body.form?.name ?? "text"))
    }
}

extension ReplyBlocks.Block {
    /// The id of the block as an item.
    var itemID: String {
        switch kind {
        case .text: "msg_\(id)"
        case .thoughts: "rs_\(id)"
        case .call: "fc_\(id)"
        }
    }
}

extension ReplyBlocks {
    /// The block of an index as an item that has ended.
    ///
    /// - Parameter status: of the response. Only its last item can be cut, and no call: what is read as one is
    ///   complete.
    func item(_ index: Int, _ status: ResponseObject.Status) -> ResponseObject.Item {
        let block = blocks[index]
        let isCut = index == blocks.count - 1 && !block.kind.isCall
        return .init(block, isCut ? status : .completed)
    }
}
