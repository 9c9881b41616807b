public import JSONValues

/// Fixed texts and JSON values, in a form that a caller lays out: a call of a tool between its marks.
public indirect enum Layout: Sendable, Equatable, Hashable {
    /// This text.
    case text(String)
    /// JSON that a schema describes. References go into the schema itself.
    case value(JSON)
    /// Short white space, or none.
    case space
    case sequence([Layout])
    case choice([Layout])
    /// One or more, at most so many.
    case repeated(Layout, atMost: Int)
}

extension Grammar {
    /// What a layout says.
    ///
    /// - Throws: ``GrammarError``, as ``init(schema:limits:)`` does.
    public init(_ layout: Layout, limits: GrammarLimits = GrammarLimits()) throws(GrammarError) {
        try self.init(SchemaConverter.rules(of: layout, limits: limits))
    }
}
