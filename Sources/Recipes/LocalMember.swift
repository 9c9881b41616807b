import EmulatedFineTuning
import LlamaBackend
import StringScores

/// A member's files, read and ready to make a model of.
struct LocalMember {
    var weights: LlamaWeights
    var adapters: [LlamaAdapter]

    /// A member that is asked by tokens is its model; one that is asked by strings has it underneath.
    struct Loaded {
        var model: LlamaModel
        var member: any LanguageModel
    }

    /// - Parameters:
    ///   - reading: how it is asked by strings; nil: by tokens.
    ///   - shared: the composite's vocabulary.
    func loaded(_ reading: StringReading?, as shared: Vocabulary) throws -> Loaded {
        guard let reading else {
            let model = try LlamaModel(weights, adapters: adapters)
            return Loaded(model: model, member: model)
        }
        let model = try LlamaModel(weights, options: options(for: reading), adapters: adapters)
        return Loaded(
            model: model, member: try StringModel(model, reading: reading, as: shared))
    }

    /// The options of a model that is asked by strings: with sequences and cells for ways of writing a
    /// text, and with cells for a text that takes more tokens than in the shared vocabulary.
    private func options(for reading: StringReading) throws -> LlamaOptions {
        var options = weights.options
        let sizes = try options.sizes(trainingContext: weights.info.trainingContext)
        let spare = StringModel.sideSequences.upperBound
        options.sequences = min(256, sizes.sequences + spare)
        options.tokensPerPass = max(options.tokensPerPass, options.sequences)
        options.cells = sizes.cells + spare * 16
        if case .text = reading { options.cells? += sizes.cells / 4 }
        return options
    }
}
