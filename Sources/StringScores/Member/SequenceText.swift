import EmulatedFineTuning

/// What one sequence has read, and how the base model's tokens write it.
///
/// A sequence is an *opening*, tokens of the base's own that stand whatever follows (a start token, a prompt in
/// the base's own form), and then text that comes in the shared vocabulary's tokens.
struct SequenceText: Sendable {
    /// Where a sequence stood after some of its tokens: the base's tokens that no continuation changes, and
    /// the bytes of the text after them.
    struct Point: Sendable, Equatable {
        var length: Int
        var held: [UInt8]
    }

    private let reading: StringReading
    /// The base's tokens before the text.
    private var opening: [TokenID] = []
    /// Tokens of the sequence that make the opening.
    private var openingCount = 0
    /// The text, where another vocabulary writes it.
    private var trunk: Trunk?
    /// The text, where its tokens are the base's own.
    private var tokens: [TokenID] = []
    /// The bytes of the text after each of its tokens.
    private var lengths: [Int] = []

    init(_ reading: StringReading) {
        self.reading = reading
        if case .text(let strings) = reading { trunk = Trunk(strings.canonical) }
    }

    /// Tokens read, those of the opening included.
    var count: Int { openingCount + (trunk == nil ? tokens.count : lengths.count) }

    /// Adds tokens.
    ///
    /// - Parameter text: the bytes of a token of the shared vocabulary.
    /// - Throws: `ModelError.invalidPass` for a token of the base's own after a text;
    ///   ``StringScoreError``. The sequence is then unchanged.
    mutating func append(
        _ added: [TokenID], from start: [TokenID], text: (TokenID) -> [UInt8]
    ) throws {
        guard trunk != nil else {
            guard added.allSatisfy({ $0 >= 0 }) else { throw Self.lateOpening }
            tokens += added
            return
        }
        let held = count
        do {
            for token in added {
                if token < 0 {
                    guard lengths.isEmpty else { throw Self.lateOpening }
                    opening.append(~token)
                    openingCount += 1
                } else {
                    if openingCount == 0, lengths.isEmpty { opening = start }
                    let bytes = text(token)
                    try trunk?.extend(bytes)
                    lengths.append((lengths.last ?? 0) + bytes.count)
                }
            }
        } catch {
            rewind(to: held)
            throw error
        }
    }

    /// Cuts the sequence back to its first tokens.
    mutating func rewind(to count: Int) {
        guard trunk != nil else {
            tokens.removeSubrange(count...)
            return
        }
        lengths.removeSubrange(max(0, count - openingCount)...)
        trunk?.rewind(to: lengths.last ?? 0)
        guard lengths.isEmpty else { return }
        openingCount = min(openingCount, count)
        opening.removeSubrange(openingCount...)
    }

    /// Where the sequence stood after its first `count` tokens.
    func point(after count: Int) -> Point {
        guard let trunk else { return Point(length: count, held: []) }
        guard count > openingCount else { return Point(length: count, held: []) }
        let point = trunk.point(at: lengths[count - openingCount - 1])
        return Point(length: opening.count + point.tokenCount, held: point.held)
    }

    /// The base's tokens for all that was read, and what is held back as the tokenizer writes it now.
    var path: [TokenID] {
        guard let trunk, case .text(let strings) = reading else { return tokens }
        return stable + Self.spelled(trunk.held, strings.canonical)
    }

    /// The base's tokens that no continuation changes.
    var stable: [TokenID] { trunk.map { opening + $0.tokens } ?? tokens }

    /// The tokens of some held bytes, without a character that has only begun.
    static func spelled(_ held: [UInt8], _ canonical: Canonical) -> [TokenID] {
        let whole = held.dropLast(Characters.unfinished(held[...]))
        return (canonical.tokens(of: whole) ?? []).map(TokenID.init)
    }

    private static var lateOpening: ModelError {
        .invalidPass("tokens of a member's own vocabulary can only open a sequence")
    }
}

/// How a member reads a sequence.
public enum StringReading: Sendable {
    /// As text, which it writes in tokens of its own: a member of another vocabulary.
    case text(StringVocabulary)
    /// As the tokens that come, which are its own too: a base of the shared vocabulary that is subtracted
    /// from one of another.
    case tokens(StringVocabulary)

    /// The base's vocabulary.
    public var strings: StringVocabulary {
        switch self {
        case .text(let strings), .tokens(let strings): strings
        }
    }
}
