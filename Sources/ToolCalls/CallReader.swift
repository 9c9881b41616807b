import JSONValues

/// Reads what follows the opening of a call.
struct CallReader: Sendable {
    enum Outcome: Equatable {
        case incomplete
        /// It is no call.
        case unreadable
        /// The calls, and the bytes that they take, with the closing.
        case calls([ToolCall], bytes: Int)
    }

    /// Bytes of a name at most.
    private static let longestName = 256

    private let format: ToolFormat
    private var scanner = JSONScanner()
    /// Where the JSON begins.
    private var start: Int?
    private var name = ""
    /// Where the JSON ends.
    private var end: Int?
    private var found: [ToolCall]?

    init(_ format: ToolFormat) { self.format = format }

    /// - Parameter text: what earlier calls saw, and more.
    mutating func read(_ text: [UInt8], isLast: Bool) -> Outcome {
        if start == nil {
            switch findStart(in: text) {
            case .incomplete?: return isLast ? .unreadable : .incomplete
            case let outcome?: return outcome
            case nil: break
            }
        }
        guard let start, let end = end ?? scanner.end(in: text[start...]).map({ start + $0 }) else {
            return isLast ? .unreadable : .incomplete
        }
        self.end = end
        guard let calls = found ?? calls(in: text[start..<end]) else { return .unreadable }
        found = calls
        // The closing, which a reply at its limit may lack.
        let closing = Array(format.closing.utf8)
        guard !closing.isEmpty else { return .calls(calls, bytes: end) }
        let rest = text[end...].drop(while: \.isSpace)
        if rest.starts(with: closing) {
            return .calls(calls, bytes: rest.startIndex + closing.count)
        }
        return !isLast && closing.starts(with: rest) ? .incomplete : .calls(calls, bytes: end)
    }

    /// Finds the JSON; nil when it has.
    private mutating func findStart(in text: [UInt8]) -> Outcome? {
        switch format.body {
        case .object(_, _, let isList):
            guard let first = text.firstIndex(where: { !$0.isSpace }) else { return .incomplete }
            guard text[first] == UInt8(ascii: "{") || (isList && text[first] == UInt8(ascii: "["))
            else { return .unreadable }
            start = first
        case .named(let separator):
            let mark = Array(separator.utf8)
            guard let place = text.firstPlace(of: mark) else {
                return text.count > Self.longestName + mark.count ? .unreadable : .incomplete
            }
            name = String(decoding: text[..<place], as: UTF8.self).withoutSpace
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return .unreadable }
            let rest = text[(place + mark.count)...]
            guard let first = rest.firstIndex(where: { !$0.isSpace }) else { return .incomplete }
            guard text[first] == UInt8(ascii: "{") else { return .unreadable }
            start = first
        }
        return nil
    }

    private func calls(in text: ArraySlice<UInt8>) -> [ToolCall]? {
        guard let value = try? JSONParser.parse(Array(text)) else { return nil }
        switch format.body {
        case .named: return [ToolCall(name: name, arguments: value.text)]
        case .object(let nameKey, let argumentsKey, _):
            let values = if case .array(let list) = value { list } else { [value] }
            var calls: [ToolCall] = []
            for value in values {
                guard case .object(let entries) = value,
                    case .text(let name)? = entries.first(where: { $0.key == nameKey })?.value
                else { return nil }
                // Models write either name, whatever their template says.
                let arguments = [argumentsKey, "arguments", "parameters"].lazy.compactMap { key in
                    entries.first { $0.key == key }?.value
                }.first
                calls.append(ToolCall(name: name, arguments: Self.text(of: arguments)))
            }
            return calls.isEmpty ? nil : calls
        }
    }

    /// Arguments as JSON text; models may write that text as a string.
    private static func text(of arguments: JSON?) -> String {
        switch arguments {
        case nil, .null: "{}"
        case .text(let text) where (try? JSONParser.parse(Array(text.utf8))) != nil: text
        case let value?: value.text
        }
    }
}
