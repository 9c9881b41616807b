extension Formula: ExpressibleByStringLiteral {
    /// A member, by name.
    public init(stringLiteral name: String) { self = .member(name) }

    public static func + (a: Formula, b: Formula) -> Formula { .sum(a, b) }
    public static func - (a: Formula, b: Formula) -> Formula { .difference(a, b) }
    public static prefix func - (a: Formula) -> Formula { .negated(a) }
    public static func * (scalar: Scalar, a: Formula) -> Formula { .scaled(scalar, a) }
    public static func * (a: Formula, scalar: Scalar) -> Formula { .scaled(scalar, a) }
    public static func / (a: Formula, scalar: Scalar) -> Formula { .divided(a, scalar) }
}

extension Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    public init(_ value: Double) {
        self = value.sign == .minus ? .negated(.number(-value)) : .number(value)
    }

    public init(floatLiteral value: Double) { self.init(value) }
    public init(integerLiteral value: Int) { self.init(Double(value)) }

    public static func + (a: Scalar, b: Scalar) -> Scalar { .sum(a, b) }
    public static func - (a: Scalar, b: Scalar) -> Scalar { .difference(a, b) }
    public static prefix func - (a: Scalar) -> Scalar { .negated(a) }
    public static func * (a: Scalar, b: Scalar) -> Scalar { .product(a, b) }
    public static func / (a: Scalar, b: Scalar) -> Scalar { .quotient(a, b) }
}
