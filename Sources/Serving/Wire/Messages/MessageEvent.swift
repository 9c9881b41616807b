/// An event of a streamed message. Which fields an event has depends on its type.
struct MessageEvent: Encodable {
    enum Kind: String, Encodable {
        case messageStart = "message_start"
        case blockStart = "content_block_start"
        case ping
        case blockDelta = "content_block_delta"
        case blockStop = "content_block_stop"
        case messageDelta = "message_delta"
        case messageStop = "message_stop"
    }

    /// What is added to a block.
    struct BlockDelta: Encodable {
        var type: String
        var text: String?
        var thinking: String?
        var partialJson: String?

        init(_ kind: ReplyBlocks.Block.Kind, _ more: String) {
            switch kind {
            case .text: (type, text) = ("text_delta", more)
            case .thoughts: (type, thinking) = ("thinking_delta", more)
            case .call: (type, partialJson) = ("input_json_delta", more)
            }
        }
    }

    enum Delta: Encodable {
        case block(BlockDelta)
        case end(MessageEnd)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .block(let delta): try delta.encode(to: encoder)
            case .end(let end): try end.encode(to: encoder)
            }
        }
    }

    var type: Kind
    var message: MessageObject?
    var index: Int?
    var contentBlock: MessageObject.Block?
    var delta: Delta?
    var usage: MessageObject.TokenUsage?
    /// What the members say about the tokens of a delta, and at the end what the reply took.
    var eft: EftChoice?

    static func start(_ message: MessageObject) -> MessageEvent {
        MessageEvent(type: .messageStart, message: message)
    }

    static var ping: MessageEvent { MessageEvent(type: .ping) }

    static func end(
        _ end: MessageEnd, _ usage: MessageObject.TokenUsage, _ eft: EftChoice?
    ) -> MessageEvent {
        MessageEvent(type: .messageDelta, delta: .end(end), usage: usage, eft: eft)
    }

    static var stop: MessageEvent { MessageEvent(type: .messageStop) }
}

extension MessageEvent {
    /// What happened to a block.
    init(_ change: ReplyBlocks.Change, _ reply: ReplyBlocks) {
        switch change {
        case .begins(let index):
            self.init(
                type: .blockStart, index: index,
                contentBlock: .init(reply.blocks[index], isBegun: true))
        case .grows(let index, let text):
            self.init(
                type: .blockDelta, index: index,
                delta: .block(.init(reply.blocks[index].kind, text)))
        case .ends(let index): self.init(type: .blockStop, index: index)
        }
    }
}
