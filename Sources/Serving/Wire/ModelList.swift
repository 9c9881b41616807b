import EmulatedFineTuning

/// The answer to `GET /v1/models`.
struct ModelList: Encodable {
    var object = "list"
    var data: [ModelCard]
}

/// A recipe as a model of the API.
struct ModelCard: Encodable {
    struct Parameter: Encodable {
        var `default`: Double
        var range: [Double]
    }

    /// What only composites have.
    struct Composition: Encodable {
        var members: [String]
        var formula: String
        var fallback: String?
        var draft: String?
        var parameters: [String: Parameter]
    }

    var id: String
    var object = "model"
    var created: Int
    var ownedBy = "eft"
    var maxModelLen: Int
    var eft: Composition

    init(_ deployment: Deployment) {
        let composite = deployment.engine.composite
        id = deployment.name
        created = deployment.created
        maxModelLen = deployment.contextLimit
        eft = Composition(
            members: composite.members.map(\.name), formula: "\(composite.formula)",
            fallback: composite.fallback.map { "\($0)" }, draft: composite.draft,
            parameters: Dictionary(
                composite.parameters.map {
                    let range = [$0.range.lowerBound, $0.range.upperBound]
                    return ($0.name, Parameter(default: $0.defaultValue, range: range))
                }, uniquingKeysWith: { first, _ in first }))
    }
}
