/// Patterns and formats of strings, as regular expressions over the text.
enum StringPatterns {
    /// The pattern that the whole text must match for `pattern` to be found in it.
    static func pattern(_ pattern: Facts.Named, limits: GrammarLimits)
        throws(GrammarError) -> Pattern
    {
        do throws(GrammarError) {
            return try PatternParser.search(pattern.text, limits: limits)
        } catch {
            guard case .expression(let position, let reason) = error else { throw error }
            throw pattern.schema.error("pattern", "character \(position): \(reason)")
        }
    }

    /// The pattern of a format; nil for names that JSON Schema does not know, which ask nothing.
    static func format(_ format: Facts.Named, limits: GrammarLimits)
        throws(GrammarError) -> Pattern?
    {
        if let text = expressions[format.text] {
            return try PatternParser.pattern(of: text, limits: limits)
        }
        if unsupported.contains(format.text) {
            throw format.schema.error(
                "format", "`\(format.text)` is not supported; leave it out, or use `pattern`")
        }
        return nil
    }

    static func matches(_ pattern: Pattern, _ text: String, limits: GrammarLimits)
        throws(GrammarError) -> Bool
    {
        var rules = Rules(limits: limits)
        rules.root = try rules.add("pattern", pattern.expression(spelling: .plain))
        do throws(GrammarError) {
            return try Grammar(rules).matches(text.utf8)
        } catch .matchesNothing {
            return false
        }
    }

    private static let unsupported: Set<String> = [
        "idn-email", "idn-hostname", "iri", "iri-reference", "json-pointer", "regex",
        "relative-json-pointer", "uri-reference", "uri-template",
    ]

    /// Each allows part of what its standard does, and nothing else.
    private static let expressions: [String: String] = {
        // RFC 3339. The days that months have; a year that is no multiple of 100 is a leap year where
        // its last two digits are a multiple of 4, the others where the first two are. No year 0.
        let year = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
        let leap =
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
        let date =
            "(?:\(year)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|\(leap)-02-29)"
        let time =
            "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?"
            + "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
        let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?"
        let host = "\(label)(?:\\.\(label)){0,7}"
        let byte = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
        let group = "[0-9a-fA-F]{1,4}"
        // `::` stands for one group or more.
        let hex = "[0-9a-fA-F]"
        // `::` stands for one group or more.
        let ipv6 =
            (["\(group)(?::\(group)){7}", "::"]
            + (0...6).flatMap { left -> [String] in
                let head = left == 0 ? "" : "\(group)(?::\(group)){\(left - 1)}"
                let most = 6 - left
                let tail = "\(group)(?::\(group)){0,\(most)}"
                return left == 0 ? ["::\(tail)"] : ["\(head)::", "\(head)::\(tail)"]
            } + ["\(group)(?::\(group)){6}::"]).joined(separator: "|")
        let uuid = "\(hex){8}-\(hex){4}-\(hex){4}-\(hex){4}-\(hex){12}"
        let durationTime =
            "T(?:[0-9]{1,6}H(?:[0-9]{1,6}M(?:[0-9]{1,6}S)?)?|[0-9]{1,6}M(?:[0-9]{1,6}S)?|[0-9]{1,6}S)"
        let durationDate =
            "(?:[0-9]{1,6}Y(?:[0-9]{1,6}M(?:[0-9]{1,6}D)?)?|[0-9]{1,6}M(?:[0-9]{1,6}D)?|[0-9]{1,6}D)"
        var expressions = [
            "date": date, "time": time, "date-time": "\(date)T\(time)", "uuid": uuid,
            "duration": "P(?:\(durationDate)(?:\(durationTime))?|\(durationTime)|[0-9]{1,6}W)",
            "email": "[a-zA-Z0-9_+-]+(?:\\.[a-zA-Z0-9_+-]+){0,7}@\(host)", "hostname": host,
            "ipv4": "\(byte)(?:\\.\(byte)){3}", "ipv6": ipv6,
            "uri": "[a-z][a-z0-9+.-]{0,15}://\(host)(?::[0-9]{1,4})?(?:/[a-zA-Z0-9._~-]*)*"
                + "(?:\\?[a-zA-Z0-9._~=&-]*)?(?:#[a-zA-Z0-9._~-]*)?",
        ]
        for version in 1...5 { expressions["uuid\(version)"] = uuid }
        return expressions
    }()
}
