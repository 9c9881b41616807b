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

    struct TextDelta: Encodable {
        var type = "text_delta"
        var text: String
    }

    enum Delta: Encodable {
        case text(TextDelta)
        case end(MessageEnd)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .text(let delta): try delta.encode(to: encoder)
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

    /// The only block begins.
    static var blockStart: MessageEvent {
        MessageEvent(type: .blockStart, index: 0, contentBlock: .init(text: ""))
    }

    static var ping: MessageEvent { MessageEvent(type: .ping) }

    static func text(_ text: String, _ eft: EftChoice?) -> MessageEvent {
        MessageEvent(type: .blockDelta, index: 0, delta: .text(.init(text: text)), eft: eft)
    }

    static var blockStop: MessageEvent { MessageEvent(type: .blockStop, index: 0) }

    static func end(
        _ end: MessageEnd, _ usage: MessageObject.TokenUsage, _ eft: EftChoice?
    ) -> MessageEvent {
        MessageEvent(type: .messageDelta, delta: .end(end), usage: usage, eft: eft)
    }

    static var stop: MessageEvent { MessageEvent(type: .messageStop) }
}
