public import EmulatedFineTuning

/// A member that is asked how it likes strings instead of tokens, so that its vocabulary may be another
/// one than that of the composite.
///
/// For a text c and a token v of the shared vocabulary, read as bytes,
///
///     s(v | c) = log P(c·v) − log P(c),    P(x) the probability that the base's text begins with x
///
/// The base model underneath reads text in tokens of its own. Its caches hold a *main path*: the tokens that
/// no continuation of the text changes (``Trunk``), and those in which its tokenizer writes the rest now. Rows
/// of the main path are kept as long as something can be asked about them, so a token of the reply costs one
/// row, as for every other member. Ways of writing that leave the main path (``BranchPlan``) cost a row
/// each, and only where they are likely enough (``BranchLimits``). Those of held bytes go along with the main path
/// (``SequenceExtension/companions``), the others come in a second pass.
///
/// What a position's scores are depends on its text, on what was asked and on a given token, and not on how many positions
/// were asked together. To the engine this is a member that gives chosen tokens (``ScoreKind/tokens``), like
/// one on a server.
public actor StringModel: LanguageModel {
    /// The model that is asked for rows.
    public nonisolated let base: any LanguageModel
    /// How the base reads what it is given.
    public nonisolated let reading: StringReading
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let limits: ModelLimits
    /// What was counted so far.
    public internal(set) var statistics = StringStatistics()

    /// The bytes of the shared vocabulary's tokens; nil for marks and free places.
    let texts: [[UInt8]?]
    /// What the base reads before a text that has no opening.
    private let start: [TokenID]
    /// Sequences of the base beyond those of this model: for ways of writing that leave the main path.
    let sides: Range<SequenceID>
    var scorer: StringScorer
    var sequences: [BaseSequence]

    /// The least and the most sequences of the base that are set aside for side paths.
    public static let sideSequences = 1...16

    /// What the base's cache holds of a sequence.
    struct BaseSequence: Sendable {
        var text: SequenceText
        var cached: [TokenID] = []
        /// By number of tokens before them.
        var rows: [Int: KeptRow] = [:]
    }

    /// - Parameters:
    ///   - base: a model in this process, whose cache can be cut back to any length. One to 16 of its sequences
    ///     (``sideSequences``) are set aside.
    ///   - reading: by strings of which vocabulary.
    ///   - shared: the composite's vocabulary, that of the tuned member.
    ///   - branches: which ways of writing are worth a row.
    /// - Throws: ``StringScoreError``.
    public init(
        _ base: any LanguageModel, reading: StringReading, as shared: Vocabulary,
        branches: BranchLimits = BranchLimits()
    ) throws(StringScoreError) {
        let own = reading.strings.vocabulary
        guard base.limits.scores == .rows, base.limits.rewind == .full, base.limits.sequences > 1
        else { throw .unsuitable }
        self.base = base
        self.reading = reading
        let spare = min(Self.sideSequences.upperBound, base.limits.sequences / 2)
        let kept = base.limits.sequences - spare
        sides = kept..<base.limits.sequences
        limits = ModelLimits(
            context: max(1, base.limits.context - min(16, branches.depth)),
            cells: max(1, base.limits.cells - spare * min(16, branches.depth)),
            tokensPerPass: base.limits.tokensPerPass, sequences: kept, rewind: .full,
            scores: .tokens)
        switch reading {
        case .text: vocabulary = shared.textsAlone
        case .tokens: vocabulary = own
        }
        texts = shared.tokens.map(\.text)
        start = [own.beginning ?? own.endOfText].compactMap { $0 }
        if case .text = reading, start.isEmpty { throw .noStart }
        scorer = StringScorer(reading.strings.canonical, limits: branches)
        sequences = (0..<kept).map { _ in BaseSequence(text: SequenceText(reading)) }
    }

    public nonisolated var executor: (any SerialExecutor)? { base.executor }

    public nonisolated var ownVocabulary: Vocabulary? {
        if case .text(let strings) = reading { strings.vocabulary } else { nil }
    }

    public func forward(_ pass: ForwardPass) async throws -> [Scores] {
        // Rows of replies that are not asked about now are computed again where they are wanted.
        let busy = Set(pass.extensions.map(\.sequence))
        for idle in sequences.indices where !busy.contains(idle) { sequences[idle].rows = [:] }
        let positions = try pass.extensions.flatMap { try read($0) }
        // With the tokens in which the held bytes are written now, where later tokens are written otherwise.
        var sides = try await readMainPaths(pass, positions)
        try await readSidePaths(positions.flatMap { heldPath($0) }, &sides, pass.isWanted)
        var needs: [Need?] = []
        for position in positions {
            guard pass.isWanted() else { throw ModelError.cancelled }
            needs.append(try need(position, sides))
        }
        try await readSidePaths(needs.flatMap { $0?.places ?? [] }, &sides, pass.isWanted)
        return try zip(positions, needs).map { try .tokens(scores($0, $1, sides)) }
    }

    public func rewind(_ sequence: SequenceID, to length: Int) async throws {
        guard sequences.indices.contains(sequence),
            (0...sequences[sequence].text.count) ~= length
        else {
            throw ModelError.cannotRewind("sequence \(sequence) does not hold \(length) tokens")
        }
        sequences[sequence].text.rewind(to: length)
        // What the text has lost may come again; only a released sequence gives its cells back at once.
        guard length == 0 else { return }
        try await base.rewind(sequence, to: 0)
        sequences[sequence].cached = []
        sequences[sequence].rows = [:]
    }

    public func share(
        _ source: SequenceID, with target: SequenceID, length: Int
    ) async throws {
        guard sequences.indices.contains(source), sequences.indices.contains(target),
            (0...sequences[source].text.count) ~= length
        else { throw ModelError.cannotShare("sequence \(source) does not hold \(length) tokens") }
        var text = sequences[source].text
        text.rewind(to: length)
        let stable = text.stable
        let cached = sequences[source].cached
        let same = zip(stable, cached).prefix { $0 == $1 }.count
        try await cut(target, to: 0)
        if same > 0 { try await base.share(source, with: target, length: same) }
        sequences[target] = BaseSequence(text: text, cached: Array(cached.prefix(same)))
    }
}

extension StringModel {
    /// A place whose next tokens are asked for.
    struct Position {
        var sequence: SequenceID
        var point: SequenceText.Point
        /// The base's tokens in which the held bytes are written now.
        var held: [TokenID]
        var tokens: [TokenID]
        var guesses: [Float]
        /// The token that follows whatever is said of it.
        var given: TokenID?
    }

    /// Adds an extension's tokens to its sequence; the positions that are asked about.
    private func read(_ part: SequenceExtension) throws -> [Position] {
        guard sequences.indices.contains(part.sequence),
            part.start == sequences[part.sequence].text.count,
            part.tokens.allSatisfy({ $0 < vocabulary.count && ~$0 < ownCount }),
            part.scored.allSatisfy(part.tokens.indices.contains)
        else {
            throw ModelError.invalidPass(
                "an extension must continue its sequence, with tokens of the vocabulary")
        }
        try sequences[part.sequence].text.append(part.tokens, from: start) { text($0) ?? [] }
        guard !part.scored.isEmpty else { return [] }
        guard case .tokens(let lists) = part.request, lists.count == part.scored.count,
            lists.joined().allSatisfy(vocabulary.tokens.indices.contains)
        else {
            throw ModelError.invalidPass(
                "a member that is asked by strings scores chosen tokens: a list for every position")
        }
        return part.scored.enumerated().map { place, offset in
            let point = sequences[part.sequence].text.point(after: part.start + offset + 1)
            return Position(
                sequence: part.sequence, point: point,
                held: SequenceText.spelled(point.held, reading.strings.canonical),
                tokens: lists[place],
                guesses: part.guesses.indices.contains(place) ? part.guesses[place] : [],
                given: part.given.indices.contains(place) ? part.given[place] : nil)
        }
    }

    /// The bytes of a token of the shared vocabulary; nil for marks, and for tokens that it lacks.
    func text(_ token: TokenID) -> [UInt8]? {
        texts.indices.contains(token) ? texts[token] : nil
    }

    private var ownCount: Int { ownVocabulary?.count ?? 0 }
}
