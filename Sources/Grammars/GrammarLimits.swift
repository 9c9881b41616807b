/// What a grammar may take: it comes with a request, and nobody has vouched for it.
public struct GrammarLimits: Sendable, Equatable {
    /// Bytes of a grammar's, a regular expression's or all choices' text.
    public var text = 1 << 20
    /// Rules of a grammar, those of repeated groups and of schemas included.
    public var rules = 1 << 14
    /// Places of a grammar once repetitions are written out. Each takes about 50 bytes.
    public var symbols = 1 << 18
    /// The largest number in `{m,n}`, `maxLength` and `maxItems`.
    public var repetition = 1 << 16
    /// How deep groups of the text, or schemas that apply to one value, may be nested.
    public var nesting = 100
    /// How many rules may begin with one another: `a ::= b`, `b ::= c`, …
    public var calls = 200
    /// Places that a text may have reached at once, in one open rule.
    public var places = 2_048
    /// Ways to have come to those places that differ in the rules left open.
    public var stacks = 1_024
    /// How deep rules may be open in one another while a text is matched.
    public var depth = 1_000
    /// Steps from place to place that one byte of a text may take.
    public var work = 1 << 20
    /// New states that finding the allowed tokens may make. A JSON grammar makes some hundreds.
    public var states = 20_000
    /// Steps from place to place that finding the allowed tokens may take; 2²⁵ take about 0.2 s.
    public var maskWork = 1 << 23
    /// Combinations of alternatives that one schema may ask for.
    public var alternatives = 1_024

    public init() {}
}
