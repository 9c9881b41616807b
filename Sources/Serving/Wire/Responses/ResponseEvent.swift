/// An event of a streamed response. Which fields an event has depends on its type.
struct ResponseEvent: Encodable {
    enum Kind: String, Encodable {
        case created = "response.created"
        case inProgress = "response.in_progress"
        case itemAdded = "response.output_item.added"
        case partAdded = "response.content_part.added"
        case textDelta = "response.output_text.delta"
        case textDone = "response.output_text.done"
        case partDone = "response.content_part.done"
        case itemDone = "response.output_item.done"
        case completed = "response.completed"
        case incomplete = "response.incomplete"
        case failed = "response.failed"
    }

    var type: Kind
    /// Set when it is sent.
    var sequenceNumber = 0
    var response: ResponseObject?
    var outputIndex: Int?
    var itemId: String?
    var contentIndex: Int?
    var item: ResponseObject.Item?
    var part: ResponseObject.Part?
    var delta: String?
    var text: String?
    var logprobs: [String]?
    /// What the members say about the tokens of a delta.
    var eft: EftChoice?

    private init(_ type: Kind) { self.type = type }

    /// The response as it is now.
    static func response(_ type: Kind, _ response: ResponseObject) -> ResponseEvent {
        var event = ResponseEvent(type)
        event.response = response
        return event
    }

    /// Its only item begins or ends.
    static func item(_ type: Kind, _ item: ResponseObject.Item) -> ResponseEvent {
        var event = ResponseEvent(type)
        event.outputIndex = 0
        event.item = item
        return event
    }

    /// The only part of the item begins or ends.
    static func part(_ type: Kind, _ part: ResponseObject.Part, of item: String) -> ResponseEvent {
        var event = inPart(type, of: item)
        event.part = part
        return event
    }

    static func delta(_ text: String, of item: String, _ eft: EftChoice?) -> ResponseEvent {
        var event = inPart(.textDelta, of: item)
        event.delta = text
        event.logprobs = []
        event.eft = eft
        return event
    }

    static func done(_ text: String, of item: String) -> ResponseEvent {
        var event = inPart(.textDone, of: item)
        event.text = text
        event.logprobs = []
        return event
    }

    private static func inPart(_ type: Kind, of item: String) -> ResponseEvent {
        var event = ResponseEvent(type)
        event.itemId = item
        event.outputIndex = 0
        event.contentIndex = 0
        return event
    }
}
