/// A named model inside a composite.
public struct Member: Sendable {
    public let name: String
    public let model: any LanguageModel

    public init(_ name: String, _ model: any LanguageModel) {
        self.name = name
        self.model = model
    }
}

/// The members' models, numbered by the first member of each: members with one number are shares of one model.
func distinctModels(of members: [Member]) -> [Int] {
    let models = members.map { ($0.model as? ModelShare).map { ObjectIdentifier($0.model) } }
    return models.indices.map { index in
        models[index].flatMap { own in models.firstIndex { $0 == own } } ?? index
    }
}
