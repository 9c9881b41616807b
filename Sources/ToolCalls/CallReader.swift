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

    /// Bytes of a name, and of white space, at most: without an end, every opening could take a reply's length.
    private static let (longestName, mostSpace) = (256, 1024)

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
    /// - Complexity: O(bytes that earlier calls have not seen), once the JSON has begun.
    mutating func read(_ text: ArraySlice<UInt8>, isLast: Bool) -> Outcome {
        if start == nil {
            switch findStart(in: text) {
            case .incomplete?: return isLast ? .unreadable : .incomplete
            case let outcome?: return outcome
            case nil: break
            }
        }
        guard let start else { return .unreadable }
        if end == nil {
            switch scanner.end(in: text.dropFirst(start)) {
            case .incomplete: return isLast ? .unreadable : .incomplete
            case .broken: return .unreadable
            case .end(let count): end = start + count
            }
        }
        guard let end,
            let calls = found ?? calls(in: Array(text.dropFirst(start).prefix(end - start)))
        else { return .unreadable }
        found = calls
        // The closing, which a reply at its limit may lack.
        let closing = Array(format.closing.utf8)
        guard !closing.isEmpty else { return .calls(calls, bytes: end) }
        let space = text.dropFirst(end).prefix(Self.mostSpace).leadingSpace
        let rest = text.dropFirst(end + space)
        if rest.starts(with: closing) {
            return .calls(calls, bytes: end + space + closing.count)
        }
        return !isLast && space < Self.mostSpace && closing.starts(with: rest)
            ? .incomplete : .calls(calls, bytes: end)
    }

    /// Finds the JSON; nil when it has.
    private mutating func findStart(in text: ArraySlice<UInt8>) -> Outcome? {
        switch format.body {
        case .object(_, _, let isList):
            return findValue(in: text, at: 0) {
                $0 == UInt8(ascii: "{") || (isList && $0 == UInt8(ascii: "["))
            }
        case .named(let separator):
            let mark = Array(separator.utf8)
            let head = text.prefix(Self.longestName + mark.count)
            guard let place = head.bytes(before: mark) else {
                return text.count > head.count ? .unreadable : .incomplete
            }
            name = String(decoding: text.prefix(place), as: UTF8.self).withoutSpace
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return .unreadable }
            return findValue(in: text, at: place + mark.count) { $0 == UInt8(ascii: "{") }
        }
    }

    /// Finds the first byte that is no white space, and must be one of some.
    private mutating func findValue(
        in text: ArraySlice<UInt8>, at place: Int, where isStart: (UInt8) -> Bool
    ) -> Outcome? {
        let rest = text.dropFirst(place).prefix(Self.mostSpace)
        let space = rest.leadingSpace
        guard space < rest.count else {
            return rest.count == Self.mostSpace ? .unreadable : .incomplete
        }
        guard isStart(rest[rest.startIndex + space]) else { return .unreadable }
        start = place + space
        return nil
    }

    private func calls(in text: [UInt8]) -> [ToolCall]? {
        switch format.body {
        case .named:
            // What the model wrote, digit by digit.
            guard (try? JSONParser.parse(text)) != nil else { return nil }
            return [ToolCall(name: name, arguments: String(decoding: text, as: UTF8.self))]
        case .object(let nameKey, let argumentsKey, _):
            guard text.first == UInt8(ascii: "[") else {
                return call(in: text, nameKey, argumentsKey).map { [$0] }
            }
            guard let list = try? JSONParser.parts(of: text).parts, !list.isEmpty else {
                return nil
            }
            var calls: [ToolCall] = []
            for element in list {
                guard let call = call(in: Array(text[element.place]), nameKey, argumentsKey) else {
                    return nil
                }
                calls.append(call)
            }
            return calls
        }
    }

    private func call(in text: [UInt8], _ nameKey: String, _ argumentsKey: String) -> ToolCall? {
        guard let entries = try? JSONParser.parts(of: text).parts,
            case .text(let name)? = entries.first(where: { $0.key == nameKey })?.value
        else { return nil }
        // Models write either name, whatever their template says.
        let arguments = [argumentsKey, "arguments", "parameters"].lazy.compactMap { key in
            entries.first { $0.key == key }
        }.first
        switch arguments?.value {
        case nil, .null?: return ToolCall(name: name, arguments: "{}")
        // Models may write them as a string.
        case .text(let text)? where (try? JSONParser.parse(Array(text.utf8))) != nil:
            return ToolCall(name: name, arguments: text)
        default:
            let place = arguments?.place ?? 0..<0
            return ToolCall(name: name, arguments: String(decoding: text[place], as: UTF8.self))
        }
    }
}
