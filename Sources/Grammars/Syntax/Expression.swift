/// What a rule stands for. Every notation is brought into this form.
///
/// Readers bound how deep these may be nested, so that walking them needs no deep stack.
indirect enum Expression: Hashable, Sendable {
    /// The empty text.
    case empty
    /// No text at all.
    case nothing
    case bytes([UInt8])
    case characters(CodePointSet)
    /// One of these texts; what they begin with is shared.
    case words([[UInt8]])
    case rule(Int)
    case sequence([Expression])
    case choice([Expression])
    case repeated(Expression, min: Int, max: Int?)

    static func text(_ text: String) -> Expression { .bytes(Array(text.utf8)) }

    static func optional(_ expression: Expression) -> Expression {
        .repeated(expression, min: 0, max: 1)
    }

    static func any(_ expression: Expression) -> Expression {
        .repeated(expression, min: 0, max: nil)
    }

    /// Characters of which one stands here: `.oneOf("+-")`.
    static func oneOf(_ characters: String) -> Expression {
        .characters(CodePointSet(characters.unicodeScalars.map { $0.value...$0.value }))
    }

    static func digits(_ low: Int, _ high: Int) -> Expression {
        .characters(CodePointSet([UInt32(0x30 + low)...UInt32(0x30 + high)]))
    }

    /// Whether writing it out takes a few places only, so that a repetition may copy it.
    var isSmall: Bool {
        switch self {
        case .empty, .nothing, .characters, .rule: true
        case .bytes(let bytes): bytes.count <= 4
        case .words, .sequence, .choice, .repeated: false
        }
    }
}

/// The rules of a grammar; the names are for errors.
struct Rules: Sendable {
    private(set) var names: [String] = []
    private(set) var expressions: [Expression] = []
    var root = 0
    let limits: GrammarLimits

    init(limits: GrammarLimits) { self.limits = limits }

    /// Makes room for a rule whose expression follows.
    ///
    /// - Throws: ``GrammarError/limit(_:)`` when there are too many.
    mutating func add(_ name: String, _ expression: Expression = .nothing)
        throws(GrammarError) -> Int
    {
        guard names.count < limits.rules else {
            throw .limit("it has more than \(limits.rules) rules")
        }
        names.append(name)
        expressions.append(expression)
        return names.count - 1
    }

    mutating func set(_ rule: Int, _ expression: Expression) { expressions[rule] = expression }
}
