// The printer writes the fewest parentheses with which parsing the text gives the same formula back.

extension Formula: CustomStringConvertible {
    public var description: String { text(above: .sum) }

    fileprivate func text(above floor: Precedence) -> String {
        switch self {
        case .member(let name): name
        case .negated(let a): floor.wrap(.unary, "-" + a.text(above: .unary))
        case .sum(let a, let b):
            floor.wrap(.sum, "\(a.text(above: .sum)) + \(b.text(above: .product))")
        case .difference(let a, let b):
            floor.wrap(.sum, "\(a.text(above: .sum)) - \(b.text(above: .product))")
        case .scaled(let scalar, let a) where a.isProduct:
            floor.wrap(.product, "\(a.text(above: .product)) * \(scalar.text(above: .unary))")
        case .scaled(let scalar, let a):
            floor.wrap(.product, "\(scalar.text(above: .product)) * \(a.text(above: .unary))")
        case .divided(let a, let scalar):
            floor.wrap(.product, "\(a.text(above: .product)) / \(scalar.text(above: .unary))")
        }
    }

    private var isProduct: Bool {
        switch self {
        case .scaled, .divided: true
        case .member, .negated, .sum, .difference: false
        }
    }
}

extension Scalar: CustomStringConvertible {
    public var description: String { text(above: .sum) }

    fileprivate func text(above floor: Precedence) -> String {
        switch self {
        case .number(let number): number.short
        case .parameter(let name): name
        case .negated(let a): floor.wrap(.unary, "-" + a.text(above: .unary))
        case .sum(let a, let b):
            floor.wrap(.sum, "\(a.text(above: .sum)) + \(b.text(above: .product))")
        case .difference(let a, let b):
            floor.wrap(.sum, "\(a.text(above: .sum)) - \(b.text(above: .product))")
        case .product(let a, let b):
            floor.wrap(.product, "\(a.text(above: .product)) * \(b.text(above: .unary))")
        case .quotient(let a, let b):
            floor.wrap(.product, "\(a.text(above: .product)) / \(b.text(above: .unary))")
        }
    }
}

private enum Precedence: Int {
    case sum, product, unary

    /// Parenthesises a text of lower precedence than this floor.
    func wrap(_ precedence: Precedence, _ text: String) -> String {
        precedence.rawValue < rawValue ? "(\(text))" : text
    }
}
