/// Why a formula cannot be used.
public enum FormulaError: Error, Sendable, Equatable {
    /// The text breaks a rule at a column (1-based, in characters).
    case syntax(rule: String, text: String, column: Int)
    /// A parameter has no value.
    case missingParameter(String)
    /// A weight is not finite, or larger than ``Formula/weightLimit``.
    case unusableWeight(member: String, weight: Double)
}

extension FormulaError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let rule, let text, let column):
            """
            \(rule)
              \(String(text.map { $0.isWhitespace ? " " : $0 }))
              \(String(repeating: " ", count: column - 1))^ column \(column)
            """
        case .missingParameter(let name):
            "Every parameter of a formula needs a value: `\(name)` has none. "
                + "Give it a default in the recipe, or set it with `--set \(name)=…`."
        case .unusableWeight(let member, let weight):
            "Weights must be finite and at most 1,000,000 in magnitude: the formula gives "
                + "`\(member)` the weight \(weight.short). Change the formula or its parameters."
        }
    }
}
