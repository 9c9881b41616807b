/// Values by key, of which the ones not used lately are dropped: two generations, the older of which goes
/// when the younger is half the capacity.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let half: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    /// - Parameter capacity: values at most.
    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            self[key] = value
            return value
        }
        set {
            if young[key] == nil, young.count >= half {
                old = young
                young = [:]
            }
            young[key] = newValue
        }
    }
}
