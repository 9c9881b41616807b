/// Splits a reply, as it grows, into thoughts, what is said, and calls of tools.
///
/// What only looks like a call, or is none that can be read, is text. White space around calls and between
/// thoughts and text is dropped.
public struct ReplyParser: Sendable {
    public enum Piece: Sendable, Equatable {
        case thought(String)
        case text(String)
        case call(ToolCall)
    }

    /// White space that is held back at most, bytes.
    private static let mostSpace = 1024

    private enum State { case beginning, thinking, afterThoughts, saying, calling, afterCall }

    private let format: ToolFormat?
    private let thoughts: ThoughtMarks?
    /// Names of the tools there are; a call without marks must name one of them.
    private let names: Set<String>
    private var state: State
    private var held = HeldBytes()
    private var body: CallReader?
    /// White space and the mark before a call: text, if it turns out to be none.
    private var opened = ""
    /// Whether the call has no marks.
    private var isBare = false
    private var hasThought = false

    /// - Parameters:
    ///   - format: how calls are written; nil: there are none.
    ///   - thoughts: how thoughts are marked; nil: there are none.
    ///   - isThinking: whether the reply begins inside thoughts.
    ///   - tools: the names of the tools there are.
    public init(
        format: ToolFormat?, thoughts: ThoughtMarks? = nil, isThinking: Bool = false,
        tools: [String] = []
    ) {
        self.format = format
        self.thoughts = thoughts
        names = Set(tools)
        state = isThinking && thoughts != nil ? .thinking : .beginning
    }

    /// What a piece of the reply completes.
    public mutating func append(_ text: String) -> [Piece] {
        held.append(text)
        return read(isLast: false)
    }

    /// What was held back until the reply's end.
    ///
    /// - Parameter isCut: whether the reply ended before the model ended it. The call that it was writing between
    ///   its marks is left out then: it is no text that was said.
    public mutating func finish(isCut: Bool = false) -> [Piece] {
        if isCut, state == .calling, !isBare,
            case .incomplete? = body?.read(held.all, isLast: false)
        {
            return []
        }
        return read(isLast: true)
    }

    private mutating func read(isLast: Bool) -> [Piece] {
        var pieces: [Piece] = []
        // Texts that follow each other are one.
        var said = ""
        func endText() {
            if !said.isEmpty { pieces.append(.text(said)) }
            said = ""
        }
        while let step = step(isLast: isLast) {
            for piece in step {
                if case .text(let text) = piece {
                    said += text
                } else if piece != .thought("") {
                    endText()
                    pieces.append(piece)
                }
            }
        }
        endText()
        return pieces
    }

    /// One step: the pieces that it completes, or none where only the state changes; nil when more of the
    /// reply is needed.
    private mutating func step(isLast: Bool) -> [Piece]? {
        switch state {
        case .beginning: begin(isLast)
        case .thinking: think(isLast)
        case .afterThoughts, .afterCall: skipSpace()
        case .saying: say(isLast)
        case .calling: call(isLast)
        }
    }

    /// Thoughts, or a call without marks, can only be at the beginning.
    private mutating func begin(_ isLast: Bool) -> [Piece]? {
        let space = held.all.prefix(Self.mostSpace).leadingSpace
        let rest = held.all.dropFirst(space)
        let canWait = !isLast && space < Self.mostSpace
        if let thoughts, !hasThought {
            let mark = Array(thoughts.opening.utf8)
            if rest.starts(with: mark) {
                held.drop(space + mark.count)
                state = .thinking
                return []
            }
            if canWait, mark.starts(with: rest) { return nil }
        }
        switch bareObject(in: rest) {
        case .unknown where canWait && held.count <= 2 * Self.mostSpace: return nil
        case .at(let bytes, let fence):
            opened = held.take(space + bytes)
            isBare = true
            return beginCall(closing: fence)
        case .none, .unknown:
            state = .saying
            return []
        }
    }

    private enum BareObject {
        case none
        /// More of the reply will tell.
        case unknown
        /// The bytes before it, and what ends it.
        case at(Int, fence: String)
    }

    /// Looks for an object that may be a call without its marks: alone, as Llama 3 writes it, or in a fence of
    /// code, as Qwen2.5-Coder does whatever its template says.
    private func bareObject(in text: ArraySlice<UInt8>) -> BareObject {
        guard !names.isEmpty, case .object? = format?.body else { return .none }
        let (fence, language) = (Array("```".utf8), Array("json".utf8))
        var rest = text
        if rest.starts(with: fence) {
            rest = rest.dropFirst(fence.count)
            if rest.starts(with: language) {
                rest = rest.dropFirst(language.count)
            } else if language.starts(with: rest) {
                return .unknown
            }
        } else if fence.starts(with: rest) {
            return .unknown
        }
        let isFenced = rest.startIndex > text.startIndex
        rest = rest.dropFirst(rest.prefix(Self.mostSpace).leadingSpace)
        guard let first = rest.first else { return .unknown }
        return first == UInt8(ascii: "{")
            ? .at(rest.startIndex - text.startIndex, fence: isFenced ? "```" : "") : .none
    }

    private mutating func think(_ isLast: Bool) -> [Piece]? {
        let mark = Array((thoughts?.closing ?? "").utf8)
        if let count = held.all.bytes(before: mark) {
            let thought = held.take(count)
            held.drop(mark.count)
            state = .afterThoughts
            hasThought = true
            return [.thought(thought)]
        }
        return take(held.count - (isLast ? 0 : held.all.startAtEnd(of: mark))).map {
            [.thought($0)]
        }
    }

    private mutating func skipSpace() -> [Piece]? {
        held.drop(held.all.leadingSpace)
        guard let next = held.all.first else { return nil }
        if state == .afterCall, isBare {
            // Llama 3 separates calls like this.
            if next == UInt8(ascii: ";") {
                held.drop(1)
                return []
            }
            if next == UInt8(ascii: "{") {
                opened = ""
                return beginCall()
            }
        }
        isBare = false
        state = state == .afterThoughts ? .beginning : .saying
        return []
    }

    private mutating func say(_ isLast: Bool) -> [Piece]? {
        guard let format, !format.opening.isEmpty else {
            return take(held.count).map { [.text($0)] }
        }
        let mark = Array(format.opening.utf8)
        if let count = held.all.bytes(before: mark) {
            let text = held.take(count)
            let said = text.withoutSpaceAtEnd
            opened = String(text.dropFirst(said.count)) + format.opening
            held.drop(mark.count)
            _ = beginCall()
            return [.text(said)]
        }
        if isLast { return take(held.count).map { [.text($0)] } }
        // What may begin a call, and the white space before it, waits.
        let open = held.all.startAtEnd(of: mark)
        let closed = held.all.dropLast(open)
        var end = closed.lastIndex { !$0.isSpace }.map { $0 + 1 - closed.startIndex } ?? 0
        // Looking at more of it again and again would take long.
        if held.count - end > Self.mostSpace { end = held.count - open }
        return take(end).map { [.text($0)] }
    }

    /// - Parameter closing: what ends a call without marks.
    private mutating func beginCall(closing: String = "") -> [Piece] {
        var format = format
        if isBare, case .object(let name, let arguments, _)? = format?.body {
            format = ToolFormat(
                opening: "", closing: closing,
                body: .object(nameKey: name, argumentsKey: arguments, isList: false))
        }
        body = format.map(CallReader.init)
        state = .calling
        return []
    }

    private mutating func call(_ isLast: Bool) -> [Piece]? {
        switch body?.read(held.all, isLast: isLast) ?? .unreadable {
        case .incomplete: return nil
        case .calls(let calls, let count)
        // Without marks, any object could be meant as text.
        where !isBare || calls.allSatisfy { names.contains($0.name) }:
            held.drop(count)
            state = .afterCall
            return calls.map { .call($0) }
        case .calls, .unreadable:
            // No call after all: its beginning is text like any other.
            state = .saying
            isBare = false
            return [.text(opened)]
        }
    }

    /// Takes bytes from what is held, as text; nil where there are none.
    private mutating func take(_ count: Int) -> String? { count > 0 ? held.take(count) : nil }
}
