import EmulatedFineTuning
import LlamaBackend

extension LoadedRecipe {
    /// The fine-tuned members: those that the fallback names; without one the member that is known to be
    /// it, or else every member that the formula weights positively.
    package var tunedMembers: [String] {
        if let fallback = recipe.fallback { return fallback.members }
        if isTunedKnown { return [tuned] }
        let weights = (try? recipe.formula.weights(recipe.defaultParameters)) ?? [:]
        return recipe.members.map(\.name).filter { weights[$0, default: 0] > 0 }
    }

    /// The member that fine-tuning is taken from, and whether that is known; fills in a fallback that the
    /// recipe leaves out where one positively weighted member alone carries a chat template.
    static func tunedMember(
        _ recipe: inout Recipe, _ models: [String: LocalMember], _ notes: inout [String]
    ) throws -> (name: String, isKnown: Bool) {
        let names = recipe.members.map(\.name)
        if let named = recipe.fallback?.members.first(where: names.contains) {
            return (named, true)
        }
        let weights = try recipe.formula.weights(recipe.defaultParameters)
        let positive = names.filter { weights[$0, default: 0] > 0 }
        let chatty = positive.filter { models[$0]?.weights.chatTemplateText != nil }
        let local = positive.filter { models[$0] != nil }
        let first = chatty.first ?? local.first ?? positive.first ?? names[0]
        guard names.count > 1 else { return (first, true) }
        let sum = weights.values.reduce(0, +)
        if chatty.count == 1 {
            fillFallback(of: &recipe, with: chatty[0], sum: sum, &notes)
            return (chatty[0], true)
        }
        let found = try fineTuned(among: chatty.isEmpty ? local : chatty, recipe, models)
        if recipe.control == .fallback {
            notes.append(
                "There is no fallback, so control tokens follow the formula: none was given, and "
                    + "\(chatty.count) positively weighted members have a chat template."
                    + (found.map {
                        abs(sum - 1) <= 1e-9
                            ? " With `fallback: \($0)`, they would follow `\($0)`." : ""
                    } ?? ""))
        }
        if found == nil {
            notes.append(
                "It is not clear which member was fine-tuned, so the prompts are made for "
                    + "`\(first)`. Name the fine-tuned member under `fallback:`.")
        }
        return (found ?? first, found != nil)
    }

    /// Takes the only member with a chat template as the fallback, where its weight allows that.
    private static func fillFallback(
        of recipe: inout Recipe, with name: String, sum: Double, _ notes: inout [String]
    ) {
        if abs(sum - 1) <= 1e-9 {
            recipe.fallback = .member(name)
            notes.append(
                "The fallback is `\(name)`: no `fallback:` was given, and it is the only "
                    + "positively weighted member with a chat template.")
        } else {
            notes.append(
                "There is no fallback, so control tokens follow the formula: `\(name)` cannot be "
                    + "the fallback, because the formula's weights sum to \(sum.short), not 1.")
        }
    }

    /// The candidate that was fine-tuned, as far as formula and files say; nil: they do not.
    ///
    /// `large + chat - small` and `chat + (large - small)` are the same formula, so weights cannot tell
    /// base and tuned member apart. What can: a member that is subtracted anywhere is a reference or a
    /// base; one with an adapter was tuned; and the tuned member has the shape of the reference that is
    /// subtracted, because it was made from it, while the base of another scale has not.
    private static func fineTuned(
        among candidates: [String], _ recipe: Recipe, _ models: [String: LocalMember]
    ) throws -> String? {
        let subtracted = try recipe.formula.subtracted(recipe.defaultParameters)
        let left = candidates.filter { !subtracted.contains($0) }
        if left.count == 1 { return left[0] }
        let adapted = left.filter { models[$0]?.adapters.isEmpty == false }
        if adapted.count == 1 { return adapted[0] }
        let references = subtracted.compactMap { models[$0]?.weights.info.shape }
        let alike = left.filter { name in
            models[name].map { references.contains($0.weights.info.shape) } ?? false
        }
        return alike.count == 1 ? alike[0] : nil
    }
}

extension LlamaModelInfo {
    /// What a fine-tuned model has in common with the one it was made from.
    fileprivate var shape: [String] { [architecture, "\(layers)", "\(embeddingLength)"] }
}
