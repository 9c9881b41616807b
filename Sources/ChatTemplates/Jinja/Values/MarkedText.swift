/// A text whose characters know where they came from: written by a template, or given by the caller.
///
/// A chat template mixes marks of its own (`<|im_end|>`) with the words of messages. Whoever turns the
/// result into tokens must tell the two apart: a message that spells a mark is text, the template's own
/// mark is a control token. So every Unicode scalar carries its origin through all that a template does
/// with it: cutting, trimming, replacing, joining, writing as JSON.
///
/// Two texts that differ only in origin are equal.
public struct MarkedText: Sendable {
    /// Unicode scalars; ``given`` is set in those that the caller gave.
    var scalars: [UInt32]
    /// Whether a filter called it safe to show: Python then escapes what is added to it for HTML.
    var isSafe = false

    /// The bit that says that a scalar was given by the caller: Unicode needs 21.
    static let given: UInt32 = 1 << 31

    init(scalars: [UInt32]) { self.scalars = scalars }

    init() { scalars = [] }

    /// A text of one origin.
    public init(_ text: String, isGiven: Bool) {
        let mark = isGiven ? Self.given : 0
        scalars = text.unicodeScalars.map { $0.value | mark }
    }

    /// The text without origins.
    public var string: String { Self.string(scalars[...]) }

    var count: Int { scalars.count }
    var isEmpty: Bool { scalars.isEmpty }

    /// The text cut where its origin changes; no run is empty.
    public var runs: [(text: String, isGiven: Bool)] {
        var runs: [(String, Bool)] = []
        var start = 0
        for index in scalars.indices {
            let isGiven = scalars[index] & Self.given != 0
            let next = index + 1
            guard next == scalars.count || (scalars[next] & Self.given != 0) != isGiven else {
                continue
            }
            runs.append((Self.string(scalars[start..<next]), isGiven))
            start = next
        }
        return runs
    }

    /// The scalar values without origins.
    var plain: [UInt32] { scalars.map(\.plain) }

    private static func string(_ scalars: ArraySlice<UInt32>) -> String {
        var view = String.UnicodeScalarView()
        view.reserveCapacity(scalars.count)
        for scalar in scalars { view.append(scalar.scalar) }
        return String(view)
    }

    static func + (left: MarkedText, right: MarkedText) -> MarkedText {
        MarkedText(scalars: left.scalars + right.scalars)
    }

    mutating func append(_ other: MarkedText) { scalars += other.scalars }
}

extension MarkedText: Hashable {
    public static func == (left: MarkedText, right: MarkedText) -> Bool {
        left.scalars.count == right.scalars.count
            && zip(left.scalars, right.scalars).allSatisfy { ($0 ^ $1) & ~given == 0 }
    }

    public func hash(into hasher: inout Hasher) {
        for scalar in scalars { hasher.combine(scalar.plain) }
    }
}

extension MarkedText: ExpressibleByStringLiteral {
    /// A text of the template's.
    public init(stringLiteral text: String) { self.init(text, isGiven: false) }
}

extension UInt32 {
    /// The value without its origin.
    var plain: UInt32 { self & ~MarkedText.given }

    /// The scalar; values that are none, which no text holds, become the replacement character.
    var scalar: Unicode.Scalar { Unicode.Scalar(plain) ?? "\u{fffd}" }

    /// What Python calls white space.
    var isSpace: Bool {
        let value = plain
        if value < 0x80 {
            return value == 0x20 || (0x09...0x0d).contains(value) || (0x1c...0x1f).contains(value)
        }
        return scalar.properties.isWhitespace
    }

    init(ascii scalar: Unicode.Scalar) { self = scalar.value }
}
