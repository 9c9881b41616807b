import EmulatedFineTuning
import JSONValues

/// What a request can say about the composite: `{"eft": {"parameters": {"lambda": 0.3}, …}}`.
struct EftFields {
    static let names = [
        "parameters", "only", "mask", "speculation", "drafts", "attributions", "prompts",
    ]

    /// Whether every token comes with what each member says about it.
    var attributions: Bool
    private var parameters: [String: Double]
    /// A member to decode from alone; nil: the composite.
    private var only: String?
    private var mask: MaskField?
    private var speculation: SpeculationField?
    /// Where proposed tokens may come from; nil: as the recipe says.
    private var drafts: Set<DraftSource>?

    init(_ fields: Fields) throws(APIError) {
        let own = try fields.object("eft", known: Self.names)
        attributions = try own?.flag("attributions") ?? false
        parameters = [:]
        for (name, value) in try own?.numbers("parameters") ?? [] { parameters[name] = value }
        mask = try own.flatMap { fields throws(APIError) in try MaskField(fields) }
        speculation = try own.flatMap { fields throws(APIError) in try SpeculationField(fields) }
        drafts = try own.flatMap { fields throws(APIError) in try Self.drafts(fields) }
        only = try own?.text("only")
        if only != nil, mask != nil {
            throw .invalid(
                "eft.mask", "A single member has no mask. Give either `eft.mask` or `eft.only`.")
        }
    }

    /// Puts the fields over a request's defaults.
    func apply(to request: inout GenerationRequest, _ deployment: Deployment) throws {
        request.attributions = attributions
        request.parameters = parameters
        request.formula = try only.map { name throws(APIError) in
            guard deployment.alone.contains(name) else {
                let names = deployment.alone.map { "`\($0)`" }.joined(separator: ", ")
                throw .invalid(
                    "eft.only",
                    "`eft.only` must name a member that is served alone: `\(name.prefix(100))` is not one. "
                        + (names.isEmpty ? "There are none here." : "There are: \(names)."))
            }
            return .member(name)
        }
        request.mask = try mask?.override(deployment.engine.composite)
        speculation?.apply(to: &request)
        request.drafts = drafts ?? request.drafts
    }

    /// `eft.drafts`: names of sources, in a list or with commas between them.
    private static func drafts(_ fields: Fields) throws(APIError) -> Set<DraftSource>? {
        guard let value = fields["drafts"] else { return nil }
        let names =
            switch value {
            case .text(let text): text
            case .array(let values):
                values.map { if case .text(let name) = $0 { name } else { "" } }
                    .joined(separator: ",")
            default: ""
            }
        guard let sources = Set<DraftSource>(names) else {
            throw .invalid(
                "eft.drafts",
                "`eft.drafts` must name some of \(Set<DraftSource>.all.names), each once.")
        }
        return sources
    }
}

/// `eft.speculation`: `"auto"` (or `"on"`), `"off"`, or the length of a block.
struct SpeculationField: Equatable {
    static let blockLimit = 64

    private var value: Speculation

    init?(_ fields: Fields) throws(APIError) {
        guard let value = fields["speculation"] else { return nil }
        switch value {
        case .text("auto"), .text("on"), .flag(true): self.value = .auto
        case .text("off"), .flag(false): self.value = .off
        case .integer(let tokens) where (0...Self.blockLimit).contains(tokens):
            self.value = .block(tokens)
        default:
            throw fields.wrong(
                "speculation",
                "`auto`, `on`, `off`, or the tokens of a block from 0 to \(Self.blockLimit)", value)
        }
    }

    func apply(to request: inout GenerationRequest) { request.speculation = value }
}

/// `eft.mask`: `"none"`, or a mask as recipes write it: one of `nucleus`, `relative` and `tokens`, with
/// `of` and `effect`.
struct MaskField {
    private enum Value {
        case none
        case nucleus(Double)
        case relative(Double)
        case tokens(Set<TokenID>)
    }

    private var value: Value
    private var of: String?
    private var effect: Mask.Effect

    init?(_ fields: Fields) throws(APIError) {
        guard let value = fields["mask"] else { return nil }
        effect = .fallback
        if value == .text("none") {
            self.value = .none
            return
        }
        guard case .object = value else {
            throw fields.wrong("mask", "`none` or an object", value)
        }
        let body = try fields.nested(
            value, at: fields.place("mask"),
            known: ["nucleus", "relative", "tokens", "of", "effect"])
        let rules = ["nucleus", "relative", "tokens"].filter { body[$0] != nil }
        guard rules.count == 1 else {
            throw .invalid(
                body.path,
                "`\(body.path)` needs exactly one of `nucleus`, `relative` and `tokens`: "
                    + "this one has \(rules.isEmpty ? "none" : rules.joined(separator: " and ")).")
        }
        if let p = try body.number("nucleus", in: 0...1) {
            self.value = .nucleus(p)
        } else if let share = try body.number("relative", in: 0...1) {
            self.value = .relative(share)
        } else {
            let list = try body.array("tokens") ?? []
            self.value = .tokens(Set(try list.tokens(at: body.place("tokens"))))
        }
        of = try body.text("of")
        if of != nil, case .tokens = self.value {
            throw .invalid(
                body.place("of"), "A mask of `tokens` does not use a formula. Leave `of` out.")
        }
        guard let name = try body.text("effect") else { return }
        guard let effect = Mask.Effect(rawValue: name) else {
            throw .invalid(
                body.place("effect"), "`\(body.place("effect"))` must be `forbid` or `fallback`.")
        }
        self.effect = effect
    }

    func override(_ composite: Composite) throws -> MaskOverride {
        let formula = try of.map {
            try Formula(
                parsing: $0, members: composite.members.map(\.name),
                parameters: composite.parameters.map(\.name))
        }
        return switch value {
        case .none: .none
        case .nucleus(let p): .mask(Mask(.nucleus(p, of: formula), effect))
        case .relative(let share): .mask(Mask(.relative(share, of: formula), effect))
        case .tokens(let tokens): .mask(Mask(.tokens(tokens), effect))
        }
    }
}

extension [JSON] {
    /// Token ids; whether they are in a vocabulary is checked where there is one.
    func tokens(at place: String) throws(APIError) -> [TokenID] {
        var tokens: [TokenID] = []
        tokens.reserveCapacity(count)
        for value in self {
            guard case .integer(let token) = value, token >= 0 else {
                throw .invalid(
                    place, "`\(place)` must be a list of token ids: received \(value.kind).")
            }
            tokens.append(token)
        }
        return tokens
    }
}
