/// What a template may take: it comes with a model file, and nobody has vouched for it.
public struct TemplateLimits: Sendable, Equatable {
    /// Unicode scalars of the template's text.
    public var source = 1 << 20
    /// How deep expressions and blocks may be nested in the text. Python's own parser gives up at 100.
    public var nesting = 100
    /// How many operators of one rank may follow one another: `a + b + c`.
    public var chain = 200
    /// How deep evaluation may go, macros that call themselves included.
    public var depth = 1_000
    /// Evaluations; every 8 characters of a result count as one more. Ten million take about a second.
    public var steps = 10_000_000
    /// Unicode scalars of one text, the rendered one included; also values and scalars of one list.
    public var text = 1 << 24
    /// Items of one list.
    public var items = 1 << 20
    /// How deep lists and mappings may hold one another.
    public var structure = 100

    public init() {}

    /// Numbers of a `range`, as Jinja's sandbox has it.
    static let range = 100_000
    /// Bytes of stack that ``depth`` needs at most, with a wide margin.
    static let stack = 64 << 20
}
