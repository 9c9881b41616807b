/// The tokens of a growing text that no continuation can change, and the bytes after them, which are
/// held back.
///
/// A text "the ca" may go on to "the cat" or "the cab", so the tokens of its last bytes are not known yet. The
/// trunk ends at a *seam* (``SeamFinder``), a place that no token of the vocabulary crosses, such
/// that the tokens before it are the same under all ``Probes`` after the text: the seam takes care of
/// merging, the probes of a pre-tokenizer that looks ahead. On vocabularies with a pre-tokenizer seams are
/// at least as close as its cuts, and closer in scripts without spaces.
///
/// The text is read byte by byte, whatever it comes in, so the trunk is a function of the text alone: a
/// text that was cut back and extended again has the same trunk as one read at once.
///
/// **Bound.** A text without seams (32,000 letters `a`) would be held back whole. Beyond ``heldLimit`` bytes the
/// trunk is forced on to the last token that ends in the first half of what is held, as the tokenizer
/// writes it now. Such places are counted in ``forcedCuts``: the tokens there could have been others, and
/// the probabilities after them are those of one way to write the text. Nothing else is affected.
///
/// - Complexity: a byte costs O(longest token · log vocabulary), usually one or two binary searches for
///   each of a few open starts. Each seam, about one a word, costs one tokenization of the held bytes for each probe.
///   All of a text costs O(length · heldLimit · probes) at most.
package struct Trunk: Sendable {
    package let canonical: Canonical
    /// Bytes that are held back at most.
    package let heldLimit: Int
    /// The tokens that no continuation changes.
    package private(set) var tokens: [Int] = []
    /// The whole text.
    package private(set) var text: [UInt8] = []

    /// Where each token ends in the text.
    private var ends: [Int] = []
    /// By length of the text: the tokens of the trunk at that length.
    private var counts: [Int] = [0]
    /// Lengths of the text at which the trunk was forced on.
    private var forced: [Int] = []
    /// The held bytes.
    private var finder: SeamFinder
    /// Attempts to move the trunk since it last moved, all in vain.
    private var failures = 0
    /// The length of the text from which the next attempt is made.
    private var nextAttempt = 0

    /// - Parameter heldLimit: bytes held back at most; at least twice the longest token is sensible.
    package init(_ canonical: Canonical, heldLimit: Int = 256) {
        precondition(heldLimit >= 8, "a trunk must hold some bytes back")
        self.canonical = canonical
        self.heldLimit = heldLimit
        finder = SeamFinder(canonical.index)
    }

    /// The bytes after the trunk.
    package var held: [UInt8] { finder.text }

    /// How often the trunk was forced on because too much was held back.
    package var forcedCuts: Int { forced.count }

    /// Where the trunk ended when the text was shorter, and what was held back then.
    package struct Point: Sendable, Equatable {
        /// The first so many of ``Trunk/tokens`` were the trunk.
        package var tokenCount: Int
        package var held: [UInt8]
    }

    /// The trunk as it was at a length of the text: what rows and strings there belong to.
    ///
    /// - Precondition: `length` is at most the length of the text.
    package func point(at length: Int) -> Point {
        let count = counts[length]
        return Point(tokenCount: count, held: Array(text[end(of: count)..<length]))
    }

    /// Adds bytes to the text.
    ///
    /// - Throws: ``StringScoreError/unspellable(bytes:offset:)``; the text is then as it was before.
    ///   Bytes that cannot be spelled may be noticed only when more follow.
    package mutating func extend(_ bytes: some Sequence<UInt8>) throws(StringScoreError) {
        let length = text.count
        for byte in bytes {
            do { try step(byte) } catch {
                rewind(to: length)
                throw error
            }
        }
    }

    /// Cuts the text back to an earlier length; everything is then as it was at that length.
    ///
    /// - Precondition: `length` is at most the length of the text.
    /// - Complexity: O(heldLimit) steps of the seam finder, no tokenization.
    package mutating func rewind(to length: Int) {
        precondition((0...text.count).contains(length), "a rewind to a length that the text had")
        guard length < text.count else { return }
        text.removeSubrange(length...)
        counts.removeSubrange((length + 1)...)
        while let last = forced.last, last > length { forced.removeLast() }
        let count = counts[length]
        tokens.removeSubrange(count...)
        ends.removeSubrange(count...)
        // Read the held bytes again. At the length where the trunk moved last attempts began anew; all
        // since then were in vain, as the count did not change.
        let base = end(of: count)
        var moved = length
        while moved > base, counts[moved - 1] == count { moved -= 1 }
        restart(at: base, moved: moved)
        for place in moved..<length {
            finder.append(text[place])
            if wantsAttempt(at: place + 1) { countFailure(at: place + 1) }
        }
    }
}

extension Trunk {
    private func end(of count: Int) -> Int { count == 0 ? 0 : ends[count - 1] }

    private mutating func step(_ byte: UInt8) throws(StringScoreError) {
        text.append(byte)
        finder.append(byte)
        if wantsAttempt(at: text.count) {
            if let stable = try stableTokens() {
                move(by: stable)
            } else {
                countFailure(at: text.count)
            }
        }
        if finder.text.count > heldLimit, finder.endsWhole || finder.text.count > heldLimit + 4 {
            if let some = try forcedTokens() {
                forced.append(text.count)
                move(by: some)
            }
        }
        counts.append(tokens.count)
    }

    private func wantsAttempt(at length: Int) -> Bool {
        length >= nextAttempt && finder.endsWhole && !finder.seams.isEmpty
    }

    /// The next attempt waits for a byte more than the last one did.
    private mutating func countFailure(at length: Int) {
        failures += 1
        nextAttempt = length + failures
    }

    /// Adds tokens to the trunk; the rest of the held bytes are read again.
    private mutating func move(by tokens: [Int32]) {
        for token in tokens {
            self.tokens.append(Int(token))
            ends.append(end(of: ends.count) + (canonical.texts[Int(token)]?.count ?? 0))
        }
        restart(at: end(of: ends.count), moved: text.count)
    }

    /// Has the finder read the text from the end of the trunk up to where the trunk moved.
    private mutating func restart(at base: Int, moved: Int) {
        finder = SeamFinder(canonical.index)
        for byte in text[base..<moved] { finder.append(byte) }
        failures = 0
        nextAttempt = 0
    }

    /// The tokens up to the last seam at which all probes agree, and from which the rest can be read as
    /// a text of its own; nil if there is none.
    private func stableTokens() throws(StringScoreError) -> [Int32]? {
        let written = try probedTokens()
        guard var common = written.first?.tokens else { return nil }
        for other in written.dropFirst() {
            let same = zip(common, other.tokens).prefix { $0 == $1 }.count
            common.removeSubrange(same...)
        }
        let seams = Set(finder.seams)
        var end = 0
        var ends = common.map { token in
            end += canonical.texts[Int(token)]?.count ?? 0
            return end
        }
        while let end = ends.last {
            if seams.contains(end), canRestart(at: end, after: ends.count, written) {
                return Array(common[..<ends.count])
            }
            ends.removeLast()
        }
        return nil
    }

    /// Whether the held bytes after a seam are written, under all probes, as they would be alone.
    private func canRestart(
        at end: Int, after count: Int, _ written: [(probe: [UInt8], tokens: [Int32])]
    ) -> Bool {
        let rest = finder.text[end...]
        canonical.prepare(written.map { rest + $0.probe })
        return written.allSatisfy { probe, tokens in
            canonical.tokens(of: rest + probe).map { $0[...] == tokens[count...] } ?? false
        }
    }

    /// The tokens of the held bytes under every probe that the vocabulary can spell.
    private func probedTokens() throws(StringScoreError) -> [(probe: [UInt8], tokens: [Int32])] {
        let held = finder.text[...]
        guard let alone = canonical.tokens(of: held) else { throw unspellable() }
        canonical.prepare(canonical.probes.all.map { finder.text + $0 })
        var written: [(probe: [UInt8], tokens: [Int32])] = [([], alone)]
        for probe in canonical.probes.all where !probe.isEmpty {
            guard let tokens = canonical.tokens(of: held + probe) else { continue }
            written.append((probe, tokens))
            if tokens.first != alone.first { break }
        }
        return written
    }

    /// The tokens that end in the first half of the held bytes, between characters; at least one.
    private func forcedTokens() throws(StringScoreError) -> [Int32]? {
        let whole = finder.text.count - Characters.unfinished(finder.text[...])
        guard let written = canonical.tokens(of: finder.text[..<whole]) else {
            throw unspellable()
        }
        var end = 0
        var last: Int?
        for (place, token) in written.enumerated() {
            end += canonical.texts[Int(token)]?.count ?? 0
            if last != nil, end > finder.text.count / 2 { break }
            if finder.isBoundary(end) { last = place }
        }
        return last.map { Array(written[...$0]) }
    }

    /// The first part of the held bytes that no tokens spell.
    private func unspellable() -> StringScoreError {
        let held = finder.text
        var place = 0
        while place < held.count {
            let length = max(1, Characters.length(in: held[...], at: place))
            let unit = held[place..<(place + length)]
            if canonical.spell(unit) == nil {
                return .unspellable(bytes: Array(unit), offset: end(of: ends.count) + place)
            }
            place += length
        }
        return .unspellable(bytes: held, offset: end(of: ends.count))
    }
}
