import JSONValues

/// A schema and where it stands in its document.
struct Schema: Sendable {
    /// What references into the same document start from: the document, or a part with an `$id`.
    final class Resource: Sendable {
        let json: JSON
        let pointer: String

        init(_ json: JSON, _ pointer: String) {
            self.json = json
            self.pointer = pointer
        }
    }

    let json: JSON
    /// `#`, `#/properties/name`, …
    let pointer: String
    let resource: Resource

    /// - Parameter pointer: tells several documents apart.
    init(document json: JSON, at pointer: String = "#") {
        self.json = json
        self.pointer = pointer
        resource = Resource(json, pointer)
    }

    private init(_ json: JSON, _ pointer: String, _ resource: Resource) {
        self.json = json
        self.pointer = pointer
        if case .text(let id)? = json.member("$id"), !id.hasPrefix("#") {
            self.resource = Resource(json, pointer)
        } else {
            self.resource = resource
        }
    }

    /// A part of this schema, under a keyword, a name or a number.
    func child(_ json: JSON, _ path: String...) -> Schema {
        let steps = path.map {
            "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1")
        }
        return Schema(json, pointer + steps.joined(), resource)
    }

    /// The start of this schema's references.
    var start: Schema { Schema(resource.json, resource.pointer, resource) }

    func error(_ keyword: String, _ reason: String) -> GrammarError {
        .schema(keyword: keyword, pointer: pointer, reason: reason)
    }

    func child(named key: String) -> Schema? { json.member(key).map { child($0, key) } }
}

/// Follows references inside a document.
struct SchemaReferences {
    private var known: [String: Schema] = [:]
    private var positions: [String: [String: Int]] = [:]

    /// What a `$ref` of a schema leads to.
    mutating func target(of reference: String, in schema: Schema) throws(GrammarError) -> Schema {
        var fragment = reference
        if case .text(let id)? = schema.resource.json.member("$id"), !id.isEmpty,
            fragment.hasPrefix(id + "#")
        {
            fragment.removeFirst(id.count)
        }
        guard fragment == "#" || fragment.hasPrefix("#/") else {
            throw schema.error(
                "$ref",
                "only references into the same schema (`#/…`) are followed, and not `\(reference.shortened(40))`"
            )
        }
        let name = schema.resource.pointer + "\n" + fragment
        if let target = known[name] { return target }
        var current = schema.start
        for step in fragment.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst()
        {
            let key = Self.decoded(String(step)).replacing("~1", with: "/")
                .replacing("~0", with: "~")
            guard let next = self.step(key, from: current) else {
                throw schema.error("$ref", "`\(reference.shortened(60))` leads nowhere")
            }
            current = next
        }
        known[name] = current
        return current
    }

    private mutating func step(_ key: String, from schema: Schema) -> Schema? {
        switch schema.json {
        case .array(let values):
            guard let index = Int(key), values.indices.contains(index) else { return nil }
            return schema.child(values[index], key)
        case .object(let entries) where entries.count > 16:
            var index = positions[schema.pointer] ?? [:]
            if index.isEmpty {
                for (position, entry) in entries.enumerated() { index[entry.key] = position }
                positions[schema.pointer] = index
            }
            return index[key].map { schema.child(entries[$0].value, key) }
        default: return schema.child(named: key)
        }
    }

    /// Without percent-encoding; as it is where that is broken.
    private static func decoded(_ text: String) -> String {
        guard text.contains("%") else { return text }
        var (bytes, rest): ([UInt8], Substring.UTF8View) = ([], text[...].utf8)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? text
    }
}
