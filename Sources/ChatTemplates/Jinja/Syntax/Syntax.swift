/// A template as a tree.
struct Syntax: Sendable {
    var body: [Statement]
    /// Names by their ids.
    var names: [String]
}

/// A name by its place among all names of a template.
typealias NameID = Int

indirect enum Expression: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case text(MarkedText)
    case name(NameID)
    case list([Expression])
    case tuple([Expression])
    case mapping([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, from: Expression?, to: Expression?, step: Expression?)
    case call(Expression, Arguments)
    case filter(Expression, String, Arguments)
    case test(Expression, String, Arguments)
    case negative(Expression)
    case positive(Expression)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case binary(String, Expression, Expression)
    case comparison(Expression, [(sign: String, Expression)])
    case concatenation([Expression])
    case conditional(Expression, if: Expression, else: Expression?)
    /// The text that a filter block or a block of `set` hands to its filters.
    case captured
}

/// What a call, a filter or a test is given.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// `*list`.
    var list: Expression?
    /// `**mapping`.
    var mapping: Expression?

    static let none = Arguments()
}

/// Where a value goes.
indirect enum Target: Sendable {
    case name(NameID)
    case attribute(NameID, String)
    case tuple([Target])
}

struct Statement: Sendable {
    var line: Int
    var kind: Kind

    indirect enum Kind: Sendable {
        case text(MarkedText)
        case output(Expression)
        case set(Target, Expression)
        case setBlock(Target, filter: Expression, body: [Statement])
        case conditional([(test: Expression, body: [Statement])], else: [Statement])
        case loop(LoopSyntax)
        case macro(MacroSyntax)
        case call(MacroSyntax, Expression, Arguments)
        case filtered(Expression, body: [Statement])
        case with([(Target, Expression)], body: [Statement])
        /// A body with names of its own.
        case scope([Statement])
        case breakLoop
        case continueLoop
    }
}

struct LoopSyntax: Sendable {
    var target: Target
    var values: Expression
    var condition: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
}

struct MacroSyntax: Sendable {
    var name: String
    var id: NameID
    var parameters: [(name: NameID, standard: Expression?)]
    var body: [Statement]
    /// Whether the body looks at more arguments than it names.
    var takesMore: Bool
    var takesNamed: Bool
    var takesCaller: Bool
}
