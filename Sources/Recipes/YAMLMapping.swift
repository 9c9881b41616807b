import EmulatedFineTuning
package import Yams

/// A YAML mapping that is read strictly: every key must be known, every value of its type.
package struct YAMLMapping {
    package let place: RecipeError.Place
    private let entries: [(key: String, value: Node)]

    /// - Parameter known: all keys that may occur; nil: any.
    package init(_ node: Node, at place: RecipeError.Place, known: [String]?) throws(RecipeError) {
        var place = place
        place.line = node.mark?.line ?? place.line
        self.place = place
        guard let mapping = node.mapping else {
            throw .wrongType(
                at: place, expected: "a mapping of keys to values", received: node.kind)
        }
        var entries: [(key: String, value: Node)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw .wrongType(at: place, expected: "a text as key", received: key.kind)
            }
            var here = place
            here.line = key.mark?.line ?? place.line
            if entries.contains(where: { $0.key == name }) { throw .repeatedKey(name, at: here) }
            if let known, !known.contains(name) {
                throw .unknownKey(name, at: here, known: known)
            }
            entries.append((name, value))
        }
        self.entries = entries
    }

    /// The mapping that a file's text is.
    ///
    /// - Parameter error: what to throw where it is no YAML, for a reason.
    package init(
        reading text: String, file: String, known: [String],
        orThrow error: (_ reason: String) -> any Error
    ) throws {
        let node: Node?
        do {
            // Some editors put a mark of the encoding in front.
            let bare =
                text.unicodeScalars.first == "\u{feff}"
                ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
            node = try Yams.compose(yaml: String(bare))
        } catch let problem {
            throw error(Self.reason(problem))
        }
        guard let node else { throw error("it is empty") }
        try self.init(node, at: RecipeError.Place(file: file, line: nil, key: ""), known: known)
    }

    /// What the parser found wrong, and where; without the text itself, which may be long or private.
    private static func reason(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            "line \(context.mark.line): "
                + keys.sorted().map { "`\($0.prefix(64))`" }.joined(separator: ", ")
                + (keys.count == 1 ? " is" : " are") + " given twice"
        default: "it does not parse"
        }
    }

    package var keys: [String] { entries.map(\.key) }

    package func node(_ key: String) -> Node? {
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else {
            return nil
        }
        return value
    }

    package func required(_ key: String) throws(RecipeError) -> Node {
        guard let node = node(key) else { throw .missingKey(key, at: place) }
        return node
    }

    /// The place of a key's value.
    package func place(of key: String) -> RecipeError.Place {
        RecipeError.Place(
            file: place.file, line: node(key)?.mark?.line ?? place.line,
            key: place.key.isEmpty ? key : "\(place.key).\(key)")
    }

    package func mapping(_ key: String, known: [String]?) throws(RecipeError) -> YAMLMapping? {
        guard let node = node(key) else { return nil }
        return try YAMLMapping(node, at: place(of: key), known: known)
    }

    package func text(_ key: String) throws(RecipeError) -> String? {
        guard let node = node(key) else { return nil }
        guard let scalar = node.scalar else {
            throw .wrongType(at: place(of: key), expected: "a text", received: node.kind)
        }
        return scalar.string
    }

    package func number(_ key: String, in range: ClosedRange<Double>? = nil) throws(RecipeError)
        -> Double?
    {
        guard let node = node(key) else { return nil }
        return try number(node, at: place(of: key), in: range)
    }

    package func number(
        _ node: Node, at place: RecipeError.Place, in range: ClosedRange<Double>? = nil
    ) throws(RecipeError) -> Double {
        guard let value = node.float ?? node.int.map(Double.init), value.isFinite else {
            throw .wrongType(at: place, expected: "a finite number", received: node.kind)
        }
        if let range, !range.contains(value) {
            throw .invalid(
                at: place,
                reason: "must lie between \(range.lowerBound.short) and \(range.upperBound.short): "
                    + "\(value.short) does not.")
        }
        return value
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) throws(RecipeError) -> Int? {
        guard let node = node(key) else { return nil }
        guard let value = node.int else {
            throw .wrongType(at: place(of: key), expected: "a whole number", received: node.kind)
        }
        guard range.contains(value) else {
            throw .invalid(
                at: place(of: key),
                reason: "must lie between \(range.lowerBound) and \(range.upperBound): "
                    + "\(value) does not.")
        }
        return value
    }

    package func flag(_ key: String) throws(RecipeError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard let value = node.bool else {
            throw .wrongType(at: place(of: key), expected: "true or false", received: node.kind)
        }
        return value
    }

    /// One of the names of an enumeration.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _: Choice.Type
    ) throws(RecipeError) -> Choice? where Choice.RawValue == String {
        guard let name = try text(key) else { return nil }
        if let choice = Choice(rawValue: name) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        throw .invalid(
            at: place(of: key),
            reason: "must be one of \(names.joined(separator: ", ")): `\(name)` is not."
                + (name.nearest(in: names).map { " Did you mean `\($0)`?" } ?? ""))
    }

    /// A text or a list of texts.
    package func texts(_ key: String) throws(RecipeError) -> [String]? {
        guard let node = node(key) else { return nil }
        if let scalar = node.scalar { return [scalar.string] }
        var texts: [String] = []
        for item in try list(key) ?? [] {
            guard let scalar = item.scalar else {
                throw .wrongType(
                    at: place(of: key), expected: "a list of texts", received: item.kind)
            }
            texts.append(scalar.string)
        }
        return texts
    }

    package func list(_ key: String) throws(RecipeError) -> [Node]? {
        guard let node = node(key) else { return nil }
        guard let sequence = node.sequence else {
            throw .wrongType(at: place(of: key), expected: "a list", received: node.kind)
        }
        return Array(sequence)
    }
}

extension Node {
    /// What a value is, for error texts.
    package var kind: String {
        switch self {
        case .scalar(let scalar):
            scalar.string.isEmpty ? "nothing" : "`\(scalar.string.prefix(40))`"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    var isNull: Bool { null != nil && scalar?.style == .plain }
}
