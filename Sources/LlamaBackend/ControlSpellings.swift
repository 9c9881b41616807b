import ChatTemplates
public import EmulatedFineTuning

/// The spellings of a vocabulary's control tokens, as a tree of their bytes.
public struct ControlSpellings: Sendable {
    /// A part of a text, and whether it is the template's.
    typealias Segment = (text: String, isTemplate: Bool)

    /// Nodes by parent and byte.
    private var children: [UInt64: Int] = [:]
    private var ends: Set<Int> = []
    private var count = 1

    /// - Complexity: O(vocabulary).
    public init(of vocabulary: Vocabulary) {
        for token in vocabulary.tokens
        where (token.kind == .control || token.kind == .unknown) && !token.bytes.isEmpty {
            var node = 0
            for byte in token.bytes {
                let key = UInt64(node) << 8 | UInt64(byte)
                if let child = children[key] {
                    node = child
                } else {
                    children[key] = count
                    node = count
                    count += 1
                }
            }
            ends.insert(node)
        }
    }

    /// A text, cut into parts: message contents that take part in the spelling of a control token are
    /// separated, as text. Everything else belongs to the template.
    func segments(of text: MarkedText) -> [Segment] {
        let runs = text.runs
        var bytes: [UInt8] = []
        /// The run of every byte.
        var places: [Int] = []
        for (index, run) in runs.enumerated() {
            bytes += run.text.utf8
            places += repeatElement(index, count: run.text.utf8.count)
        }
        var isRisky = [Bool](repeating: false, count: runs.count)
        for start in bytes.indices {
            var (node, end) = (0, start)
            while end < bytes.count, let child = children[UInt64(node) << 8 | UInt64(bytes[end])] {
                (node, end) = (child, end + 1)
                guard ends.contains(node) else { continue }
                for run in places[start]...places[end - 1] where runs[run].isGiven {
                    isRisky[run] = true
                }
            }
        }
        var segments: [Segment] = []
        for (index, run) in runs.enumerated() {
            if !isRisky[index], segments.last?.isTemplate == true {
                segments[segments.count - 1].text += run.text
            } else {
                segments.append((run.text, !isRisky[index]))
            }
        }
        return segments
    }
}
