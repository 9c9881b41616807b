/// Values by digest, of which the ones not used lately are dropped: two generations, the older of which
/// goes when the younger is half the capacity.
struct RecentlyUsed<Value: Sendable>: Sendable {
    private let half: Int
    private var young: [Digest: Value] = [:]
    private var old: [Digest: Value] = [:]

    /// - Parameter capacity: values at most.
    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    subscript(digest: Digest) -> Value? {
        mutating get {
            if let value = young[digest] { return value }
            guard let value = old.removeValue(forKey: digest) else { return nil }
            self[digest] = value
            return value
        }
        set {
            if young[digest] == nil, young.count >= half {
                old = young
                young = [:]
            }
            young[digest] = newValue
        }
    }
}
