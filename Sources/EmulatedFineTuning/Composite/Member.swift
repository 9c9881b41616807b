/// A named model inside a composite.
public struct Member: Sendable {
    public let name: String
    public let model: any LanguageModel

    public init(_ name: String, _ model: any LanguageModel) {
        self.name = name
        self.model = model
    }
}
