/// Some of a model's sequences, as a model of its own.
///
/// Members that read with the same weights are shares of one model: they have one cache, and what an engine
/// asks of them at the same time is one pass. Sequence s of a share is sequence `first` + s of the model.
public struct ModelShare: LanguageModel {
    public let model: any LanguageModel & AnyObject
    /// The model's sequence that is the share's first.
    public let first: SequenceID
    public let limits: ModelLimits

    /// Divides a model's sequences, cells and tokens per pass evenly.
    ///
    /// - Precondition: there is at least one sequence for each share.
    public static func dividing(
        _ model: any LanguageModel & AnyObject, by count: Int
    ) -> [ModelShare] {
        var limits = model.limits
        precondition((1...limits.sequences).contains(count), "a share has at least one sequence")
        limits.sequences /= count
        limits.cells /= count
        limits.tokensPerPass /= count
        return (0..<count).map {
            ModelShare(model: model, first: $0 * limits.sequences, limits: limits)
        }
    }

    private init(model: any LanguageModel & AnyObject, first: SequenceID, limits: ModelLimits) {
        (self.model, self.first, self.limits) = (model, first, limits)
    }

    public var vocabulary: Vocabulary { model.vocabulary }
    public var ownVocabulary: Vocabulary? { model.ownVocabulary }
    public var executor: (any SerialExecutor)? { model.executor }
    public var takesCompanions: Bool { model.takesCompanions }

    public func forward(_ pass: ForwardPass) async throws -> [Scores] {
        try await model.forward(inModel(pass))
    }

    public func rewind(_ sequence: SequenceID, to length: Int) async throws {
        try await model.rewind(first + sequence, to: length)
    }

    public func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        try await model.share(first + source, with: first + target, length: length)
    }

    /// A pass over the share's sequences, as one over the model's.
    func inModel(_ pass: ForwardPass) -> ForwardPass {
        var pass = pass
        for index in pass.extensions.indices {
            pass.extensions[index].sequence += first
            for place in pass.extensions[index].companions.indices {
                pass.extensions[index].companions[place].sequence += first
            }
        }
        return pass
    }
}
