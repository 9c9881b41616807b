extension Renderer {
    func callTextMethod(
        _ name: String, _ text: MarkedText, _ given: Given
    ) throws(TemplateError) -> Value {
        switch name {
        case "strip", "lstrip", "rstrip":
            return .text(try trim(text, given, start: name != "rstrip", end: name != "lstrip"))
        case "split", "rsplit":
            return try split(text, given, fromRight: name == "rsplit")
        case "splitlines":
            let given = try bind(given, ["keepends"], of: name)
            return .list(
                text.lines(keepingEnds: given["keepends"]?.isTrue ?? false).map(Value.text))
        case "startswith", "endswith", "find", "rfind", "index", "rindex", "count":
            return try search(name, text, given)
        case "replace":
            let given = try bind(given, ["old", "new", "count"], of: name, required: 2)
            let limit = try integer(given["count"], -1, of: name)
            return .text(
                try replace(
                    text, try self.text(given["old"], of: name),
                    try self.text(given["new"], of: name),
                    limit: limit < 0 ? nil : limit))
        case "join":
            let given = try bind(given, ["iterable"], of: name, required: 1)
            var texts: [MarkedText] = []
            for value in try (given["iterable"] ?? .none).iterated() {
                texts.append(try self.text(value, of: name))
            }
            return .text(try join(texts, separator: text))
        case "partition", "rpartition":
            let given = try bind(given, ["sep"], of: name, required: 1)
            return try partition(
                text, try self.text(given["sep"], of: name), fromRight: name == "rpartition")
        case "removeprefix", "removesuffix":
            let given = try bind(given, ["affix"], of: name, required: 1)
            let affix = try self.text(given["affix"], of: name)
            if name == "removeprefix" {
                return .text(text.matches(affix, at: 0) ? text[affix.count..<text.count] : text)
            }
            let end = text.count - affix.count
            return .text(text.matches(affix, at: end) ? text[0..<end] : text)
        case "center", "ljust", "rjust", "zfill":
            return .text(try pad(name, text, given))
        case "format": return .text(try format(text, given))
        default:
            if name == "expandtabs" {
                let given = try bind(given, ["tabsize"], of: name)
                return .text(try expandTabs(text, try integer(given["tabsize"], 8, of: name)))
            }
            _ = try bind(given, [], of: name)
            return simpleTextMethod(name, text)
        }
    }

    /// Methods without arguments.
    private func simpleTextMethod(_ name: String, _ text: MarkedText) -> Value {
        func has(_ kinds: Set<Unicode.GeneralCategory>, _ scalar: Unicode.Scalar) -> Bool {
            kinds.contains(scalar.properties.generalCategory)
        }
        let letters: Set<Unicode.GeneralCategory> = [
            .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        ]
        func isDigit(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
        }
        return switch name {
        case "upper": .text(text.uppercased)
        case "lower": .text(text.lowercased)
        case "casefold": .text(text.lowercased.replacing("ß", with: "ss", limit: nil))
        case "capitalize": .text(text.capitalized)
        case "title": .text(text.titlecased)
        case "swapcase": .text(text.swappedCase)
        case "isupper": .bool(text.isCased { $0.isUppercase })
        case "islower": .bool(text.isCased { $0.isLowercase })
        case "istitle":
            .bool(text == text.titlecased && text.scalars.contains { $0.scalar.properties.isCased })
        case "isspace": .bool(!text.isEmpty && text.scalars.allSatisfy(\.isSpace))
        case "isdigit": .bool(text.all(isDigit))
        case "isdecimal": .bool(text.all { $0.properties.numericType == .decimal })
        case "isnumeric": .bool(text.all { $0.properties.numericType != nil })
        case "isalpha": .bool(text.all { has(letters, $0) })
        case "isalnum": .bool(text.all { has(letters, $0) || $0.properties.numericType != nil })
        case "isascii": .bool(text.scalars.allSatisfy { $0.plain < 0x80 })
        case "isprintable": .bool(text.scalars.allSatisfy(\.scalar.isShown))
        default:
            .bool(
                text.all { $0 == "_" || $0.properties.isXIDContinue }
                    && text.scalars.first.map {
                        $0.plain == UInt32(ascii: "_") || $0.scalar.properties.isXIDStart
                    } ?? false)
        }
    }

    private func trim(
        _ text: MarkedText, _ given: Given, start: Bool, end: Bool
    ) throws(TemplateError) -> MarkedText {
        let given = try bind(given, ["chars"], of: "strip")
        return try trim(text, given["chars"], start: start, end: end)
    }

    /// Without white space at the ends, or without the given characters.
    func trim(
        _ text: MarkedText, _ characters: Value?, start: Bool = true, end: Bool = true
    ) throws(TemplateError) -> MarkedText {
        switch characters {
        case nil, .some(.none): return text.trimmed(start: start, end: end)
        case .text(let characters)?:
            let dropped = Set(characters.plain)
            return text.trimmed(start: start, end: end) { dropped.contains($0.plain) }
        default: throw .fault("strip arg must be None or str")
        }
    }

    private func split(
        _ text: MarkedText, _ given: Given, fromRight: Bool
    ) throws(TemplateError) -> Value {
        let given = try bind(given, ["sep", "maxsplit"], of: "split")
        let most = try integer(given["maxsplit"], -1, of: "split")
        let limit = most < 0 ? nil : most
        switch given["sep"] {
        case nil, .some(.none):
            return .list(
                (fromRight ? text.wordsFromRight(limit: limit) : text.words(limit: limit))
                    .map(Value.text))
        case let separator?:
            let separator = try self.text(separator, of: "split")
            guard !separator.isEmpty else { throw .fault("empty separator") }
            return .list(
                (fromRight
                    ? text.splitFromRight(separator, limit: limit)
                    : text.split(separator, limit: limit)).map(Value.text))
        }
    }

    private func search(
        _ name: String, _ text: MarkedText, _ given: Given
    ) throws(TemplateError) -> Value {
        let given = try bind(given, ["sub", "start", "end"], of: name, required: 1)
        func bound(_ value: Value?, _ standard: Int) throws(TemplateError) -> Int {
            if case .some(.none) = value { return standard }
            let place = try integer(value, standard, of: name)
            return place < 0 ? max(0, place + text.count) : place
        }
        let start = try bound(given["start"], 0)
        let end = min(try bound(given["end"], text.count), text.count)
        if name == "startswith" || name == "endswith" {
            var affixes = [given["sub"] ?? .none]
            if case .items(let items) = affixes[0], items.isTuple { affixes = items.values }
            for value in affixes {
                let affix = try self.text(value, of: name)
                let place = name == "startswith" ? start : end - affix.count
                if place >= start, place + affix.count <= end, text.matches(affix, at: place) {
                    return .bool(true)
                }
            }
            return .bool(false)
        }
        let part = try self.text(given["sub"], of: name)
        if name == "count" {
            return .integer(
                start > text.count ? 0 : text.occurrences(of: part, from: start, to: end))
        }
        let isRight = name.hasPrefix("r")
        let found =
            start > text.count
            ? nil
            : isRight
                ? text.lastIndex(of: part, from: start, to: end)
                : text.firstIndex(of: part, from: start, to: end)
        if let found { return .integer(found) }
        if name.hasSuffix("index") { throw .fault("substring not found") }
        return .integer(-1)
    }

    func replace(
        _ text: MarkedText, _ old: MarkedText, _ new: MarkedText, limit: Int?
    ) throws(TemplateError) -> MarkedText {
        let found = min(text.occurrences(of: old), limit ?? .max)
        try requireRoom(new.count, times: found)
        return text.replacing(old, with: new, limit: limit)
    }

    func join(
        _ texts: [MarkedText], separator: MarkedText
    ) throws(TemplateError) -> MarkedText {
        var joined = MarkedText()
        for (index, text) in texts.enumerated() {
            if index > 0 { joined.append(separator) }
            joined.append(text)
            try requireRoom(joined.count)
        }
        return joined
    }

    private func partition(
        _ text: MarkedText, _ separator: MarkedText, fromRight: Bool
    ) throws(TemplateError) -> Value {
        guard !separator.isEmpty else { throw .fault("empty separator") }
        let found =
            fromRight ? text.lastIndex(of: separator) : text.firstIndex(of: separator)
        guard let found else {
            let empty = Value.text(MarkedText())
            return .tuple(fromRight ? [empty, empty, .text(text)] : [.text(text), empty, empty])
        }
        return .tuple([
            .text(text[0..<found]), .text(separator),
            .text(text[found + separator.count..<text.count]),
        ])
    }

    private func pad(
        _ name: String, _ text: MarkedText, _ given: Given
    ) throws(TemplateError) -> MarkedText {
        let given = try bind(
            given, name == "zfill" ? ["width"] : ["width", "fillchar"], of: name, required: 1)
        let width = try integer(given["width"], 0, of: name)
        var fill: MarkedText = name == "zfill" ? "0" : " "
        if let value = given["fillchar"] { fill = try self.text(value, of: name) }
        guard fill.count == 1 else { throw .fault("the fill character must be one character") }
        return try padded(text, to: width, with: fill, name)
    }

    func padded(
        _ text: MarkedText, to width: Int, with fill: MarkedText, _ name: String
    ) throws(TemplateError) -> MarkedText {
        guard width > text.count else { return text }
        try requireRoom(width)
        let count = width - text.count
        func filled(_ count: Int) -> MarkedText {
            MarkedText(scalars: Array(repeating: fill.scalars[0], count: count))
        }
        switch name {
        case "ljust": return text + filled(count)
        case "rjust": return filled(count) + text
        case "zfill":
            let isSigned = text.scalars.first.map { [0x2b, 0x2d].contains($0.plain) } ?? false
            return isSigned
                ? text[0..<1] + filled(count) + text[1..<text.count] : filled(count) + text
        default:
            // Python puts the odd one on the left where the width is odd.
            let left = count / 2 + (count & width & 1)
            return filled(left) + text + filled(count - left)
        }
    }

    private func expandTabs(_ text: MarkedText, _ size: Int) throws(TemplateError) -> MarkedText {
        var made: [UInt32] = []
        var column = 0
        for scalar in text.scalars {
            if scalar.plain == 0x09 {
                let count = size > 0 ? size - column % size : 0
                try requireRoom(made.count + count)
                made += Array(repeating: 0x20 | scalar & MarkedText.given, count: count)
                column += count
            } else {
                made.append(scalar)
                column = scalar.plain == 0x0a || scalar.plain == 0x0d ? 0 : column + 1
            }
        }
        return MarkedText(scalars: made)
    }
}
