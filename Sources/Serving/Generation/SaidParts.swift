import Foundation
import ToolCalls

/// What a reply says, thinks and calls.
struct SaidParts {
    var text = ""
    var thoughts = ""
    var calls: [ToolCall] = []

    init(_ pieces: [ReplyParser.Piece]) {
        for piece in pieces {
            switch piece {
            case .text(let text): self.text += text
            case .thought(let thought): thoughts += thought
            case .call(let call): calls.append(call)
            }
        }
    }

    var message: ChatCompletion.Message {
        ChatCompletion.Message(
            content: text.isEmpty && !calls.isEmpty ? nil : text,
            reasoningContent: thoughts.isEmpty ? nil : thoughts,
            toolCalls: calls.isEmpty ? nil : calls.map { ChatCompletion.CalledTool($0) })
    }
}

extension ChatCompletion.CalledTool {
    /// - Parameter index: its place among the calls of the reply, in streams.
    init(_ call: ToolCall, index: Int? = nil) {
        self.init(
            index: index, id: "call_\(UUID().uuidString.lowercased())",
            function: .init(name: call.name, arguments: call.arguments))
    }
}

extension ChatCompletionChunk.Delta {
    /// - Parameter index: the place of a call among those of the reply.
    init(_ piece: ReplyParser.Piece, call index: Int) {
        switch piece {
        case .text(let text): self.init(content: text)
        case .thought(let thought): self.init(reasoningContent: thought)
        case .call(let call): self.init(toolCalls: [.init(call, index: index)])
        }
    }
}
