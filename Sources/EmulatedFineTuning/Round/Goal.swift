/// What a reply is to become: tokens that are drawn until a rule ends them, or a response that is given
/// and only scored.
enum Goal {
    case draw(atMost: Int, ignoresEnd: Bool)
    case score([TokenID])

    init(_ request: GenerationRequest) {
        self =
            switch request.kind {
            case .draw: .draw(atMost: request.maxTokens, ignoresEnd: request.ignoresEnd)
            case .score(let response): .score(response)
            }
    }

    /// The token that the reply will have at a position, where that is known beforehand.
    func given(at position: Int) -> TokenID? {
        guard case .score(let response) = self else { return nil }
        return response[position]
    }

    /// What is still to come of a response after its first tokens; nothing of a reply that is drawn.
    func rest(after generated: Int) -> ArraySlice<TokenID> {
        guard case .score(let response) = self else { return [] }
        return response.dropFirst(generated)
    }

    /// Tokens still to come.
    ///
    /// - Parameter spent: room beyond one cell each that the generated tokens took.
    func remaining(after generated: Int, spent: Int) -> Int {
        switch self {
        case .draw(let limit, _): limit - generated - spent
        case .score(let response): response.count - generated
        }
    }

    /// Whether one of the tokens that end replies ends this one.
    var canEnd: Bool {
        if case .draw(_, ignoresEnd: false) = self { true } else { false }
    }

    /// Why the reply ends when nothing remains.
    var reasonAtLast: FinishReason {
        switch self {
        case .draw: .length
        case .score: .scored
        }
    }

    var isDrawn: Bool {
        if case .draw = self { true } else { false }
    }
}
