extension Renderer {
    static let filters: Set<String> = [
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e",
        "escape", "first", "float", "forceescape", "format", "groupby", "indent", "int", "items",
        "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
        "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string",
        "striptags", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode",
        "wordcount",
    ]

    /// `value|name(…)`.
    ///
    /// Source: matches `jinja2.filters`, with `tojson` as transformers has it.
    func filter(_ name: String, _ value: Value, _ given: Given) throws(TemplateError) -> Value {
        try spend(1)
        switch name {
        case "default", "d":
            let given = try bind(given, ["default_value", "boolean"], of: name)
            let isMissing =
                value.isUndefined || given["boolean"]?.isTrue == true && !value.isTrue
            return isMissing ? given["default_value"] ?? .text(MarkedText()) : value
        case "tojson": return .text(try json(value, given))
        case "attr":
            let given = try bind(given, ["name"], of: name, required: 1)
            let attribute = try text(given["name"], of: name).string
            return builtin(attribute, of: value)
                ?? .undefined("'\(value.typeName) object' has no attribute '\(attribute)'")
        case "map", "select", "reject", "selectattr", "rejectattr", "first", "last", "length",
            "count", "list", "reverse", "sort", "dictsort", "unique", "groupby", "min", "max",
            "sum", "join", "items", "batch", "slice":
            return try listFilter(name, value, given)
        case "abs", "int", "float", "round": return try numberFilter(name, value, given)
        default: return try textFilter(name, value, given)
        }
    }

    // MARK: Texts

    private func textFilter(
        _ name: String, _ value: Value, _ given: Given
    ) throws(TemplateError) -> Value {
        let text = try value.written(limits)
        switch name {
        case "trim":
            let given = try bind(given, ["chars"], of: name)
            return .text(try trim(text, given["chars"]))
        case "replace":
            let given = try bind(given, ["old", "new", "count"], of: name, required: 2)
            var limit: Int?
            if let count = given["count"], case .integer(let number) = count, number >= 0 {
                limit = number
            }
            return .text(
                try replace(
                    text, try (given["old"] ?? .none).written(limits),
                    try (given["new"] ?? .none).written(limits), limit: limit))
        case "indent": return .text(try indent(value, given))
        case "center":
            let given = try bind(given, ["width"], of: name)
            return .text(
                try padded(text, to: try integer(given["width"], 80, of: name), with: " ", name))
        case "truncate": return .text(try truncate(value, given))
        case "format":
            guard given.named.isEmpty || given.positional.isEmpty else {
                throw .fault("can't handle positional and keyword arguments at the same time")
            }
            guard given.named.isEmpty else {
                let mapping = Mapping()
                for (name, value) in given.named { mapping.set(value, for: .text(name)) }
                return .text(try percentFormat(text, .mapping(mapping)))
            }
            return .text(try percentFormat(text, .tuple(given.positional)))
        default: break
        }
        _ = try bind(given, [], of: name)
        switch name {
        case "upper": return .text(text.uppercased)
        case "lower": return .text(text.lowercased)
        case "capitalize": return .text(text.capitalized)
        case "title": return .text(Self.title(text))
        case "string": return .text(text)
        case "safe":
            var safe = text
            safe.isSafe = true
            return .text(safe)
        case "wordcount":
            var (count, isInside) = (0, false)
            for scalar in text.scalars {
                let isWord = scalar.scalar.isWord
                if isWord, !isInside { count += 1 }
                isInside = isWord
            }
            return .integer(count)
        case "escape", "e", "forceescape":
            var safe = text.isSafe && name != "forceescape" ? text : try escaped(text)
            safe.isSafe = true
            return .text(safe)
        case "urlencode": return .text(try urlEncoded(value))
        case "striptags": return .text(Self.withoutTags(text))
        default:
            throw .fault(
                "there is no filter `\(name)`"
                    + (["pprint", "random", "urlize", "xmlattr", "filesizeformat", "wordwrap"]
                        .contains(name)
                        ? " for chat templates" : ""))
        }
    }

    /// Words begin after a space, `-`, `(`, `{`, `[` and `<`.
    private static func title(_ text: MarkedText) -> MarkedText {
        func isBreak(_ scalar: UInt32) -> Bool {
            scalar.isSpace || [0x2d, 0x28, 0x7b, 0x5b, 0x3c].contains(scalar.plain)
        }
        var made = MarkedText()
        var index = 0
        while index < text.count {
            let start = index
            while index < text.count, !isBreak(text.scalars[index]) { index += 1 }
            if index > start {
                made.append(text[start..<start + 1].uppercased + text[start + 1..<index].lowercased)
            }
            let gap = index
            while index < text.count, isBreak(text.scalars[index]) { index += 1 }
            made.append(text[gap..<index])
        }
        return made
    }

    private func indent(_ value: Value, _ given: Given) throws(TemplateError) -> MarkedText {
        let given = try bind(given, ["width", "first", "blank"], of: "indent")
        guard case .text(let text) = value else {
            if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
            throw .fault("`indent` needs a text, not '\(value.typeName)'")
        }
        var indentation: MarkedText
        if case .text(let text)? = given["width"] {
            indentation = text
        } else {
            let width = try integer(given["width"], 4, of: "indent")
            try requireRoom(width)
            indentation = MarkedText(scalars: Array(repeating: 0x20, count: max(0, width)))
        }
        let lines = (text + "\n").lines()
        try requireRoom(indentation.count, times: lines.count)
        let blank = given["blank"]?.isTrue == true
        var made = MarkedText()
        for (index, line) in lines.enumerated() {
            if index > 0 { made.append("\n") }
            if index > 0 ? blank || !line.isEmpty : given["first"]?.isTrue == true {
                made.append(indentation)
            }
            made.append(line)
        }
        return made
    }

    private func truncate(_ value: Value, _ given: Given) throws(TemplateError) -> MarkedText {
        let given = try bind(given, ["length", "killwords", "end", "leeway"], of: "truncate")
        guard case .text(let text) = value else {
            if value.isUndefined { return MarkedText() }
            throw .fault("`truncate` needs a text, not '\(value.typeName)'")
        }
        let length = try integer(given["length"], 255, of: "truncate")
        let end =
            try given["end"].map { (value) throws(TemplateError) in
                try self.text(value, of: "truncate")
            } ?? "..."
        var leeway = 5
        if let given = given["leeway"], case .integer(let number) = given { leeway = number }
        guard length >= end.count, leeway >= 0 else {
            throw .fault("`truncate` needs a length of at least \(end.count)")
        }
        if text.count <= length + leeway { return text }
        let cut = text[0..<length - end.count]
        if given["killwords"]?.isTrue == true { return cut + end }
        return cut.splitFromRight(" ", limit: 1)[0] + end
    }

    func escaped(_ text: MarkedText) throws(TemplateError) -> MarkedText {
        try requireRoom(text.count, times: 5)
        var made: [UInt32] = []
        for scalar in text.scalars {
            let entity: String? =
                switch scalar.scalar {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                case "'": "&#39;"
                case "\"": "&#34;"
                default: nil
                }
            if let entity {
                made += entity.unicodeScalars.map { $0.value | scalar & MarkedText.given }
            } else {
                made.append(scalar)
            }
        }
        return MarkedText(scalars: made)
    }

    private func urlEncoded(_ value: Value) throws(TemplateError) -> MarkedText {
        func quoted(_ value: Value, isQuery: Bool) throws(TemplateError) -> MarkedText {
            var made: [UInt32] = []
            let text = try value.written(limits)
            try requireRoom(text.count, times: 12)
            for scalar in text.scalars {
                let origin = scalar & MarkedText.given
                let safe = isQuery ? "_.-~" : "_.-~/"
                let isSafe =
                    scalar.plain < 0x80
                    && (scalar.scalar.properties.isAlphabetic
                        || (0x30...0x39).contains(scalar.plain)
                        || safe.unicodeScalars.contains(scalar.scalar))
                if isSafe {
                    made.append(scalar)
                } else if isQuery, scalar.plain == 0x20 {
                    made.append(UInt32(ascii: "+") | origin)
                } else {
                    for byte in String(scalar.scalar).utf8 {
                        let hex = String(byte, radix: 16, uppercase: true)
                        made += ("%" + (hex.count < 2 ? "0" : "") + hex).unicodeScalars.map {
                            $0.value | origin
                        }
                    }
                }
            }
            return MarkedText(scalars: made)
        }
        var pairs: [Value]
        switch value {
        case .mapping(let mapping):
            pairs = zip(mapping.keys, mapping.values).map { .tuple([$0, $1]) }
        case .items: pairs = try value.iterated()
        default: return try quoted(value, isQuery: false)
        }
        var texts: [MarkedText] = []
        for pair in pairs {
            let entry = try pair.iterated()
            guard entry.count == 2 else { throw .fault("`urlencode` needs pairs") }
            texts.append(
                try quoted(entry[0], isQuery: true) + "=" + quoted(entry[1], isQuery: true))
        }
        return try join(texts, separator: "&")
    }

    private static func withoutTags(_ text: MarkedText) -> MarkedText {
        func without(_ text: MarkedText, from start: MarkedText, to end: MarkedText) -> MarkedText {
            var made = MarkedText()
            var index = 0
            while let first = text.firstIndex(of: start, from: index),
                let last = text.firstIndex(of: end, from: first)
            {
                made.append(text[index..<first])
                index = last + end.count
            }
            made.append(text[index..<text.count])
            return made
        }
        let bare = without(without(text, from: "<!--", to: "-->"), from: "<", to: ">")
        var joined = MarkedText()
        for (index, word) in bare.words(limit: nil).enumerated() {
            if index > 0 { joined.append(" ") }
            joined.append(word)
        }
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&#34;", "\""), ("&quot;", "\""),
            ("&amp;", "&"),
        ] as [(MarkedText, MarkedText)] {
            joined = joined.replacing(entity, with: character, limit: nil)
        }
        return joined
    }

    // MARK: JSON

    private func json(_ value: Value, _ given: Given) throws(TemplateError) -> MarkedText {
        let given = try bind(
            given, ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
        var writer = JSONWriter(limits: limits)
        writer.escapesUnicode = given["ensure_ascii"]?.isTrue ?? false
        writer.sortsKeys = given["sort_keys"]?.isTrue ?? false
        switch given["indent"] {
        case nil, .some(.none): break
        case .text(let text)?: writer.indent = text
        case let width?:
            let count = max(0, try integer(width, 0, of: "tojson"))
            try requireRoom(count)
            writer.indent = MarkedText(scalars: Array(repeating: 0x20, count: count))
        }
        if writer.indent != nil { writer.itemSeparator = "," }
        if let separators = given["separators"],
            !{ if case .none = separators { true } else { false } }()
        {
            let pair = try separators.iterated()
            guard pair.count == 2 else { throw .fault("`separators` needs two texts") }
            writer.itemSeparator = try text(pair[0], of: "tojson")
            writer.keySeparator = try text(pair[1], of: "tojson")
        }
        return try writer.write(value)
    }
}

extension Unicode.Scalar {
    /// What `\w` matches.
    fileprivate var isWord: Bool {
        self == "_" || properties.isAlphabetic || properties.numericType != nil
    }
}
