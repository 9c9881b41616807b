import Synchronization

/// A canonical way to write the beginning of a string, after which its tokens go on.
package struct OpenBranch: Sendable, Equatable {
    /// At least one.
    package var tokens: [Int32]
    /// How many bytes of the string they are; fewer than the string has.
    package var end: Int
}

extension Canonical {
    /// Every way to write a proper part of a string from its start, such that canonical tokens follow
    /// which go on with the rest of the string; by end, each with all its own beginnings.
    ///
    /// Nearly all splits of a string fall away here: no text is written `the|re…` when `there` is a
    /// token, unless the word that follows binds its letters more closely.
    ///
    /// The candidates are, for each length, the tokens of that much of the string, alone and before each
    /// of a few probes (without a pre-tokenizer the first is the only one: the tokens of a prefix are the prefix
    /// of the tokens), and what the tokens of the whole string before a probe begin with. A candidate is
    /// open if the whole string before some probe is written that way, or if one of the tokens that
    /// begin with the rest can follow.
    ///
    /// - Parameter followers: how many such tokens are tried, spread evenly over those there are. A branch
    ///   that none of them can follow is closed. `Int.max` tries all; 0 none.
    /// - Complexity: the first time O(length) texts to tokenize, and up to `followers` for each length,
    ///   8 · `followers` in all; then one look-up.
    package func branches(of text: [UInt8], followers: Int) -> [OpenBranch] {
        branches(BranchQuestion(text: text, followers: followers)) {
            findBranches(text, followers: followers)
        }
    }

    /// Has what ``branches(of:followers:)`` needs of many strings tokenized together.
    func prepareBranches(of strings: [[UInt8]], followers: Int) {
        let new = branchings.withLock { kept in
            strings.filter { kept[BranchQuestion(text: $0, followers: followers)] == nil }
        }
        prepare(
            new.flatMap { text in
                (1..<max(1, text.count)).map { Array(text[..<$0]) }
                    + continuations(text[...], probes.deciding(text[...]))
            })
    }

    private func findBranches(_ text: [UInt8], followers: Int) -> [OpenBranch] {
        guard text.count > 1 else { return [] }
        let written = continuations(text[...], probes.deciding(text[...])).compactMap {
            tokens(of: $0[...])
        }
        var candidates = [[[Int32]]](repeating: [], count: text.count)
        func add(_ tokens: ArraySlice<Int32>, _ end: Int) {
            if !candidates[end].contains(where: { $0[...] == tokens }) {
                candidates[end].append(Array(tokens))
            }
        }
        for tokens in written { forEachBeginning(of: tokens, under: text.count, add) }
        for end in 1..<text.count where Characters.unfinished(text[..<end]) == 0 {
            for probe in probes.decidingEnd(text[..<end]) {
                let part = text[..<end] + probe
                guard let tokens = tokens(of: part) else { continue }
                forEachBeginning(of: tokens, under: text.count) { if $1 == end { add($0, $1) } }
            }
        }

        var open: [OpenBranch] = []
        var tests = followers.multipliedReportingOverflow(by: 8).overflow ? .max : followers * 8
        for end in (1..<text.count).reversed() {
            for tokens in candidates[end] {
                let isOpen =
                    open.contains { $0.tokens.starts(with: tokens) }
                    || written.contains { $0.starts(with: tokens) }
                    || canFollow(tokens, text, at: end, followers, &tests)
                guard isOpen else { continue }
                forEachBeginning(of: tokens, under: text.count) { beginning, end in
                    let branch = OpenBranch(tokens: Array(beginning), end: end)
                    if !open.contains(branch) { open.append(branch) }
                }
            }
        }
        return open.sorted {
            $0.end == $1.end ? $0.tokens.lexicographicallyPrecedes($1.tokens) : $0.end < $1.end
        }
    }

    /// Whether a token that begins with the rest of a text may follow the tokens of its beginning.
    private func canFollow(
        _ tokens: [Int32], _ text: [UInt8], at end: Int, _ followers: Int, _ tests: inout Int
    ) -> Bool {
        let range = index.range(of: text[end...])
        guard followers > 0 else { return false }
        let step = range.count <= followers ? 1 : (range.count - 1) / followers + 1
        let tried = Array(
            stride(from: range.lowerBound, to: range.upperBound, by: step).prefix(tests))
        tests -= tried.count
        prepare(tried.map { text[..<end] + Array(index.text($0)) })
        return tried.contains { isCanonical(tokens, then: index.order[$0], after: text[..<end]) }
    }

    /// Whether some text is written with these tokens and then this one.
    ///
    /// - Parameter text: the bytes of `tokens`.
    func isCanonical(_ tokens: [Int32], then last: Int32, after text: ArraySlice<UInt8>) -> Bool {
        let whole = text + (texts[Int(last)] ?? [])
        return continuations(whole, probes.decidingEnd(whole)).contains { continued in
            guard let written = self.tokens(of: continued[...]), written.count > tokens.count else {
                return false
            }
            return written[tokens.count] == last && written.starts(with: tokens)
        }
    }

    /// A text followed by each of some probes; a character that it ends inside of is completed first, in
    /// a few ways.
    private func continuations(_ text: ArraySlice<UInt8>, _ probes: [[UInt8]]) -> [[UInt8]] {
        Characters.completions(of: text).flatMap { completion in
            probes.map { Array(text) + completion + $0 }
        }
    }

    /// The beginnings of a sequence that have fewer than `limit` bytes, with their lengths in bytes.
    private func forEachBeginning(
        of tokens: [Int32], under limit: Int, _ body: (ArraySlice<Int32>, Int) -> Void
    ) {
        var end = 0
        for (place, token) in tokens.enumerated() {
            end += texts[Int(token)]?.count ?? 0
            guard end < limit else { return }
            body(tokens[...place], end)
        }
    }
}
