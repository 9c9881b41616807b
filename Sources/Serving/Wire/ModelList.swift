import EmulatedFineTuning
import Recipes

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
        var description: String?
        var members: [String]
        /// Those that a request may ask for alone: `eft.only`.
        var alone: [String]
        var formula: String
        var fallback: String?
        var mask: MaskCard?
        var draft: String?
        var parameters: [String: Parameter]
        var sampling: SamplingCard
    }

    var id: String
    var object = "model"
    var created: Int
    var ownedBy = "eft"
    /// The recipe's own name, where `id` is an alias of it.
    var root: String
    var maxModelLen: Int
    var eft: Composition

    /// - Parameter id: one of the deployment's names.
    init(_ deployment: Deployment, as id: String) {
        let composite = deployment.engine.composite
        self.id = id
        root = deployment.name
        created = deployment.created
        maxModelLen = deployment.contextLimit
        eft = Composition(
            description: deployment.description, members: composite.members.map(\.name),
            alone: deployment.alone, formula: "\(composite.formula)",
            fallback: composite.fallback.map { "\($0)" }, mask: composite.mask.map(MaskCard.init),
            draft: composite.draft,
            parameters: Dictionary(
                composite.parameters.map {
                    let range = [$0.range.lowerBound, $0.range.upperBound]
                    return ($0.name, Parameter(default: $0.defaultValue, range: range))
                }, uniquingKeysWith: { first, _ in first }),
            sampling: SamplingCard(deployment))
    }
}

/// A mask in a request's words.
struct MaskCard: Encodable {
    var nucleus: Double?
    var relative: Double?
    var tokens: [TokenID]?
    var of: String?
    var effect: String

    init(_ mask: Mask) {
        switch mask.rule {
        case .nucleus(let p, _): nucleus = p
        case .relative(let share, _): relative = share
        case .tokens(let tokens): self.tokens = tokens.sorted()
        }
        of = mask.rule.formula.map { "\($0)" }
        effect = mask.effect.rawValue
    }
}

/// The defaults of requests.
struct SamplingCard: Encodable {
    var temperature: Double
    var topP: Double
    var topK: Int?
    var minP: Double
    var maxTokens: Int?

    init(_ deployment: Deployment) {
        let sampling = deployment.defaults.sampling
        temperature = sampling.temperature
        topP = sampling.topP
        topK = sampling.topK
        minP = sampling.minP
        let limits = [deployment.defaults.maxTokens, deployment.outputLimit]
        maxTokens = limits.compactMap { $0 }.min()
    }
}
