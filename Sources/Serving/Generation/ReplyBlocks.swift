import EmulatedFineTuning
import Foundation
import ToolCalls

/// A reply as a list of blocks while it grows, as OpenAI's Responses and Anthropic's Messages have it: one of
/// thoughts or of text as long as nothing else comes between, and one for every call.
struct ReplyBlocks {
    struct Block: Sendable {
        enum Kind: Equatable {
            case thoughts, text
            /// A call of the tool of this name; the text is its arguments.
            case call(name: String)

            var isCall: Bool { if case .call = self { true } else { false } }
        }

        let id = UUID().uuidString.lowercased()
        let kind: Kind
        var text = ""
    }

    /// What happened to the block of an index.
    enum Change {
        case begins(Int)
        case grows(Int, by: String)
        case ends(Int)
    }

    private(set) var blocks: [Block] = []
    /// Whether the last block goes on.
    private var isOpen = false
    private var parser: ReplyParser

    init(_ parser: ReplyParser) { self.parser = parser }

    /// Whether the reply calls a tool.
    var holdsCalls: Bool { blocks.contains(where: \.kind.isCall) }

    /// Adds what happened next.
    mutating func append(_ event: GenerationEvent) -> [Change] {
        switch event {
        case .token(let token): return add(parser.append(token.text))
        case .finished(let result):
            var changes = add(
                parser.append(result.text) + parser.finish(isCut: result.reason == .length))
            // A reply that says nothing is an empty text.
            if blocks.isEmpty { changes += begin(.text) }
            return changes + end()
        }
    }

    private mutating func add(_ pieces: [ReplyParser.Piece]) -> [Change] {
        var changes: [Change] = []
        for piece in pieces {
            switch piece {
            case .thought(let text): changes += grow(.thoughts, text)
            case .text(let text): changes += grow(.text, text)
            case .call(let call):
                changes += end() + grow(.call(name: call.name), call.arguments) + end()
            }
        }
        return changes
    }

    private mutating func grow(_ kind: Block.Kind, _ text: String) -> [Change] {
        let start = isOpen && blocks.last?.kind == kind ? [] : end() + begin(kind)
        blocks[blocks.count - 1].text += text
        return start + [.grows(blocks.count - 1, by: text)]
    }

    private mutating func begin(_ kind: Block.Kind) -> [Change] {
        isOpen = true
        blocks.append(Block(kind: kind))
        return [.begins(blocks.count - 1)]
    }

    private mutating func end() -> [Change] {
        guard isOpen else { return [] }
        isOpen = false
        return [.ends(blocks.count - 1)]
    }
}
