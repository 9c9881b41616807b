/// An event of a streamed response. Which fields an event has depends on its type.
struct ResponseEvent: Encodable {
    enum Kind: String, Encodable {
        case created = "response.created"
        case inProgress = "response.in_progress"
        case itemAdded = "response.output_item.added"
        case partAdded = "response.content_part.added"
        case textDelta = "response.output_text.delta"
        case textDone = "response.output_text.done"
        case thoughtsDelta = "response.reasoning_text.delta"
        case thoughtsDone = "response.reasoning_text.done"
        case argumentsDelta = "response.function_call_arguments.delta"
        case argumentsDone = "response.function_call_arguments.done"
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
    var arguments: String?
    var logprobs: [String]?
    /// What the members say about the tokens of a delta.
    var eft: EftChoice?

    init(_ type: Kind) { self.type = type }

    /// Whether what the members say about tokens can stand here: where a reply grows, and where a block ends.
    var isTelling: Bool { delta != nil || text != nil || arguments != nil }

    /// The response as it is now.
    static func response(_ type: Kind, _ response: ResponseObject) -> ResponseEvent {
        var event = ResponseEvent(type)
        event.response = response
        return event
    }
}
