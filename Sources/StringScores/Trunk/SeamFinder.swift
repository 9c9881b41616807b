/// Finds the *seams* of a growing text: places that no token of the vocabulary crosses, whatever follows.
///
/// Merging never joins bytes over a seam, so what stands before it is written the same way whatever
/// stands after it, up to where the pre-tokenizer looks ahead. Spaces before words are seams in most
/// vocabularies, and so is every place between two characters that no token has side by side.
///
/// A token crosses a place if it begins before it and ends after it: its bytes agree with the text as far
/// as the text goes. For each start the finder follows the tokens that still agree, a range of the byte
/// order, and remembers the longest that is complete.
///
/// Of these places only those count where a pre-tokenizer would cut too, or would not mind.
///
/// Complexity: O(open starts · log vocabulary) a byte; at most as many starts are open as the longest token
/// has bytes.
struct SeamFinder: Sendable {
    private let index: PrefixIndex
    private(set) var text: [UInt8] = []
    /// Starts from which some longer token agrees with the text up to its end.
    private var open: [(start: Int, range: Range<Int>)] = []
    /// By start: where the longest complete token from there ends.
    private var reach: [Int] = []
    /// Places between whole characters; the end of the text is one if the last character is whole.
    private var boundaries: [Bool] = [true]

    init(_ index: PrefixIndex) { self.index = index }

    mutating func append(_ byte: UInt8) {
        reach.append(text.count)
        open.append((text.count, index.all))
        text.append(byte)
        let end = text.count
        var kept = 0
        for (start, range) in open {
            var range = index.narrowed(range, by: byte, at: end - 1 - start)
            let whole = index.whole(range, length: end - start)
            if !whole.isEmpty { reach[start] = end }
            range = whole.upperBound..<range.upperBound
            guard !range.isEmpty else { continue }
            open[kept] = (start, range)
            kept += 1
        }
        open.removeSubrange(kept...)
        boundaries.append(Characters.unfinished(text[...]) == 0)
    }

    /// Whether the text ends with a whole character.
    var endsWhole: Bool { boundaries[text.count] }

    /// Whether a place is between two whole characters.
    func isBoundary(_ place: Int) -> Bool { boundaries[place] }

    /// Whether a text may be read anew from a place, as far as the characters beside it tell.
    ///
    /// Not inside a number, where digits are counted; not inside punctuation, nor between it and a space,
    /// as what stands before decides whether a mark goes with the word after it; not in white space
    /// after punctuation, as some expressions take line breaks along; not inside of what may be
    /// a contraction.
    private func isCut(_ place: Int) -> Bool {
        let before = Characters.kind(before: place, in: text)
        let after = Characters.kind(at: place, in: text)
        if after == .letter || after == nil, text[..<place].suffix(2).contains(0x27) {
            return false
        }
        switch (before, after) {
        case (.digit, .digit), (.digit, nil), (.mark, .mark), (.mark, .space), (.mark, nil),
            (.space, .mark), (.space, nil):
            return false
        case (.space, .space):
            var start = place
            while start > 0, Characters.isSpace(text[start - 1]) { start -= 1 }
            return Characters.kind(before: start, in: text) != .mark
        default: return true
        }
    }

    /// The seams after the start of the text, ascending; the end of the text may be one.
    ///
    /// - Complexity: O(length).
    var seams: [Int] {
        let limit = open.first?.start ?? text.count
        var seams: [Int] = []
        var reached = 0
        for place in stride(from: 1, through: limit, by: 1) {
            reached = max(reached, reach[place - 1])
            if reached <= place, boundaries[place], isCut(place) { seams.append(place) }
        }
        return seams
    }
}
