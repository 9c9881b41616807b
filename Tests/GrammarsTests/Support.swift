import Grammars
import JSONValues
import TestSupport

extension Grammar {
    func matches(_ text: String) throws -> Bool { try matches(Array(text.utf8)) }

    /// A text at random, or nil where it grows too long: one allowed byte after another, ends preferred.
    func sample(_ random: inout SeededRandom, length: Int = 400) throws -> [UInt8]? {
        var (state, text): (GrammarState, [UInt8]) = (start, [])
        while text.count < length {
            if state.mustEnd || (state.canEnd && Int.random(in: 0..<3, using: &random) == 0) {
                return text
            }
            var bytes = state.nextBytes
            // Near the end, brackets and quotes close what is open.
            if text.count > length / 4 {
                let closing = bytes.filter { [0x22, 0x5d, 0x7d, 0x29].contains($0) }
                if !closing.isEmpty { bytes = closing }
            }
            guard let byte = bytes.randomElement(using: &random),
                let next = try state.advanced(byBytes: [byte])
            else { return nil }
            state = next
            text.append(byte)
        }
        return state.canEnd ? text : nil
    }
}

func schema(_ text: String) throws -> JSON { try JSONParser.parse(Array(text.utf8)) }
