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
        let model = try model(for: reading)
        return Loaded(
            model: model, member: try StringModel(model, reading: reading, as: shared))
    }

    /// Members that read with the same weights and adapters, as shares of one model: one cache, and one pass for
    /// all of them. Nil where one model cannot have so many sequences.
    ///
    /// - Parameter count: at least two.
    func shared(by count: Int) throws -> [Loaded]? {
        var options = weights.options
        let sizes = try options.sizes(trainingContext: weights.info.trainingContext)
        options.sequences = sizes.sequences * count
        options.cells = sizes.cells * count
        options.tokensPerPass = sizes.tokensPerPass * count
        guard (try? options.sizes(trainingContext: weights.info.trainingContext)) != nil else {
            return nil
        }
        let model = try LlamaModel(weights, options: options, adapters: adapters)
        return ModelShare.dividing(model, by: count).map { Loaded(model: model, member: $0) }
    }

    /// Whether another member can be a share of the same model.
    func hasModel(of other: LocalMember) -> Bool {
        weights === other.weights && adapters == other.adapters
    }

    /// A model that is asked by strings: with sequences and cells for ways of writing a text, and with room
    /// for a text that takes more tokens than in the shared vocabulary. How long a text may be is raised where
    /// the model was trained on more.
    private func model(for reading: StringReading) throws -> LlamaModel {
        var options = weights.options
        let trained = weights.info.trainingContext
        let sizes = try options.sizes(trainingContext: trained)
        let spare = StringModel.sideSequences.upperBound
        options.sequences = min(256, sizes.sequences + spare)
        options.tokensPerPass = max(options.tokensPerPass, options.sequences)
        options.cells = sizes.cells + spare * 16
        var longer = sizes.context + 16
        if case .text = reading {
            options.cells? += sizes.cells / 4
            longer += sizes.context / 4
        }
        var roomy = options
        roomy.context = trained > 0 ? min(trained, longer) : longer
        roomy.cells = max(options.cells ?? 0, roomy.context ?? 0)
        // Some models compute longer texts in another way from their first token on: these keep their limit.
        if let model = try? LlamaModel(weights, options: roomy, adapters: adapters) { return model }
        return try LlamaModel(weights, options: options, adapters: adapters)
    }
}
