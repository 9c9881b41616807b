extension ResponseEvent {
    /// What happened to a block of the reply.
    ///
    /// - Parameter status: of the response, if the reply has ended.
    static func events(
        _ change: ReplyBlocks.Change, _ reply: ReplyBlocks, _ status: ResponseObject.Status
    ) -> [ResponseEvent] {
        switch change {
        case .begins(let index):
            let block = reply.blocks[index]
            var events = [item(.itemAdded, .init(block, .inProgress), index)]
            if !block.kind.isCall {
                events.append(part(.partAdded, .init(block, isBegun: true), of: block, index))
            }
            return events
        case .grows(let index, let text):
            let block = reply.blocks[index]
            var event = ResponseEvent(block.kind.delta, of: block, index)
            event.delta = text
            return [event]
        case .ends(let index):
            let block = reply.blocks[index]
            var event = ResponseEvent(block.kind.done, of: block, index)
            var events: [ResponseEvent] = []
            if block.kind.isCall {
                event.arguments = block.text
            } else {
                event.text = block.text
                events.append(part(.partDone, .init(block), of: block, index))
            }
            return [event] + events + [item(.itemDone, reply.item(index, status), index)]
        }
    }

    private static func item(
        _ type: Kind, _ item: ResponseObject.Item, _ index: Int
    ) -> ResponseEvent {
        var event = ResponseEvent(type)
        event.outputIndex = index
        event.item = item
        return event
    }

    private static func part(
        _ type: Kind, _ part: ResponseObject.Part, of block: ReplyBlocks.Block, _ index: Int
    ) -> ResponseEvent {
        var event = ResponseEvent(type, of: block, index)
        event.logprobs = nil
        event.part = part
        return event
    }

    /// An event in a block; a message and thoughts have one part.
    private init(_ type: Kind, of block: ReplyBlocks.Block, _ index: Int) {
        self.init(type)
        itemId = block.itemID
        outputIndex = index
        if !block.kind.isCall { contentIndex = 0 }
        if block.kind == .text { logprobs = [] }
    }
}

extension ReplyBlocks.Block.Kind {
    fileprivate var delta: ResponseEvent.Kind {
        switch self {
        case .text: .textDelta
        case .thoughts: .thoughtsDelta
        case .call: .argumentsDelta
        }
    }

    fileprivate var done: ResponseEvent.Kind {
        switch self {
        case .text: .textDone
        case .thoughts: .thoughtsDone
        case .call: .argumentsDone
        }
    }
}
