#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What C's library knows about numbers.
enum Numbers {
    /// The rest of a division, with the sign of the first.
    static func remainder(_ left: Double, _ right: Double) -> Double { fmod(left, right) }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// A number with the sign of another.
    static func sign(_ number: Double, of other: Double) -> Double { copysign(number, other) }

    /// A number as `printf` writes it, such as `%.2f`.
    static func write(_ number: Double, _ format: String) -> String {
        withVaList([number]) { list in
            // 308 digits before the point and 1000 after it at most.
            var buffer = [CChar](repeating: 0, count: 1_400)
            let count = vsnprintf(&buffer, buffer.count, format, list)
            let bytes = buffer.prefix(min(max(0, Int(count)), buffer.count - 1))
            return String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
