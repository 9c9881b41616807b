public import JSONValues

extension Grammar {
    /// JSON that a schema describes.
    ///
    /// What the grammar allows validates against the schema (draft 2020-12; of earlier drafts, what means
    /// the same, and `nullable` of OpenAPI). It may allow less: properties come in the order in which they
    /// are declared; an object with `properties` has no others unless `additionalProperties` says so;
    /// numbers have at most 16 digits before and after the point; without `type`, the other keywords decide
    /// the type. White space between parts is short, so that a reply cannot be nothing else.
    ///
    /// - Throws: ``GrammarError/schema(keyword:pointer:reason:)`` names a keyword that changes what is
    ///   valid and cannot be expressed; ``GrammarError/limit(_:)``.
    ///
    /// Source: made after `common/json-schema-to-grammar.cpp` of llama.cpp; `Tests/schemas` holds the two
    /// together.
    public init(schema: JSON, limits: GrammarLimits = GrammarLimits()) throws(GrammarError) {
        let rules = try SchemaConverter.rules(of: schema, limits: limits)
        do throws(GrammarError) {
            try self.init(rules)
        } catch .matchesNothing {
            throw .schema(keyword: "schema", pointer: "#", reason: "no value is valid")
        }
    }

    /// Any JSON object, as OpenAI's `json_object` wants it.
    public static func jsonObject(limits: GrammarLimits = GrammarLimits())
        throws(GrammarError) -> Grammar
    {
        try Grammar(SchemaConverter.anyObject(limits: limits))
    }
}
