#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What `strftime_now` tells: the time in this machine's zone, or one that is always the same.
public struct TemplateClock: Sendable, Equatable {
    /// Seconds since 1970 that the clock stands at; nil: it runs.
    private var fixed: Int?
    private var isUTC = false

    /// The machine's clock.
    public static let system = TemplateClock()

    /// A clock that stands at a moment, in seconds since 1970, and tells the time in UTC.
    public static func standing(at seconds: Int) -> TemplateClock {
        TemplateClock(fixed: seconds, isUTC: true)
    }

    /// The time in a form of `strftime`, as Python writes it in the C locale.
    func write(_ form: String) -> String {
        var (moment, parts) = (fixed.map { time_t($0) } ?? time(nil), tm())
        if isUTC { gmtime_r(&moment, &parts) } else { localtime_r(&moment, &parts) }
        // A form that writes nothing cannot be told from one that does not fit: a mark is added.
        let marked = form.replacing("\0", with: "") + "."
        var text = [CChar](repeating: 0, count: 64 * (marked.utf8.count + 1))
        let count = strftime(&text, text.count, marked, &parts)
        let bytes = text.prefix(max(0, count - 1)).map(UInt8.init(bitPattern:))
        return String(decoding: bytes, as: UTF8.self)
    }
}
