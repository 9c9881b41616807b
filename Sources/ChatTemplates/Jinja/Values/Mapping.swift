/// A dictionary that keeps the order of its keys.
final class Mapping {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    /// Places by key, once there are many.
    private var places: [Key: Int] = [:]
    private(set) var depth = 1
    /// Values and characters in it.
    private(set) var size = 1

    private static let few = 8

    var isEmpty: Bool { keys.isEmpty }
    var count: Int { keys.count }

    /// Sets a value; false where the key is of a kind that Python cannot look up.
    @discardableResult
    func set(_ value: Value, for key: Value) -> Bool {
        guard let hashed = Key(key) else { return false }
        depth = max(depth, 1 + max(value.depth, key.depth))
        size = size.addingClamped(value.size.addingClamped(key.size))
        if let place = place(of: hashed, key) {
            values[place] = value
            return true
        }
        keys.append(key)
        values.append(value)
        if keys.count == Self.few + 1 {
            for (place, key) in keys.enumerated() { if let key = Key(key) { places[key] = place } }
        } else if keys.count > Self.few {
            places[hashed] = keys.count - 1
        }
        return true
    }

    subscript(key: Value) -> Value? {
        guard let hashed = Key(key) else { return nil }
        return place(of: hashed, key).map { values[$0] }
    }

    subscript(name: String) -> Value? { self[.text(name)] }

    private func place(of hashed: Key, _ key: Value) -> Int? {
        if keys.count > Self.few { return places[hashed] }
        if case .text(let name) = key {
            return keys.firstIndex {
                if case .text(let other) = $0 { other == name } else { false }
            }
        }
        return keys.firstIndex { Key($0) == hashed }
    }

    /// What Python can look up: numbers that are equal are one key, whatever their type.
    enum Key: Hashable {
        case none
        case integer(Int)
        case float(Double)
        case text(MarkedText)
        case tuple([Key])
        case object(ObjectIdentifier)

        init?(_ value: Value) {
            switch value {
            case .none: self = .none
            case .bool(let value): self = .integer(value ? 1 : 0)
            case .integer(let value): self = .integer(value)
            case .float(let value): self = Int(exactly: value).map(Key.integer) ?? .float(value)
            // As near as a `float` comes.
            case .large(let digits): self = .float(Double(digits) ?? .infinity)
            case .text(let text): self = .text(text)
            case .items(let items) where items.isTuple:
                var keys: [Key] = []
                for value in items.values {
                    guard let key = Key(value) else { return nil }
                    keys.append(key)
                }
                self = .tuple(keys)
            case .namespace(let namespace): self = .object(ObjectIdentifier(namespace))
            case .undefined: self = .object(ObjectIdentifier(Mapping.self))
            case .items, .mapping, .function, .loop: return nil
            }
        }
    }
}
