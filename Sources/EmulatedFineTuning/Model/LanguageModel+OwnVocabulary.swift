extension LanguageModel {
    /// A prompt with the model's own start of texts in the place of the shared vocabulary's, which the model
    /// does not have. The same for models of the shared vocabulary.
    func ownStart(of prompt: [TokenID], _ shared: Vocabulary) -> [TokenID] {
        guard let own = ownVocabulary, let start = own.beginning ?? own.endOfText,
            let first = prompt.first, first == shared.beginning
        else { return prompt }
        return [~start] + prompt.dropFirst()
    }
}
