import Foundation

/// A 128-bit FNV-1a hash: the same on every platform and in every run, unlike Swift's `Hasher`.
///
/// It names finished work; it is no protection against someone who wants two names to be equal.
struct StableHash {
    private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

    init() {}

    /// The hash of several texts; where one ends and the next begins counts.
    init(_ texts: some Sequence<String>) {
        for text in texts { add(text) }
    }

    mutating func add(_ text: String) {
        add(text.utf8)
        add(CollectionOfOne(0xff))  // no UTF-8 text holds this byte
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            state = (state ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
    }

    /// 32 hexadecimal digits.
    var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    /// What tells a large file from another: its size, its beginning, and 64 pieces spread over it.
    ///
    /// Weights that were trained again differ in every piece; a copy elsewhere has the same hash.
    ///
    /// - Complexity: reads at most 320 KiB.
    static func ofFile(_ path: String) throws(StudyError) -> String {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            let size = try file.seekToEnd()
            var hash = StableHash(["\(size)"])
            try file.seek(toOffset: 0)
            hash.add(try file.read(upToCount: 64 << 10) ?? Data())
            for piece in 0..<64 as Range<UInt64> {
                try file.seek(toOffset: size / 64 * piece)
                hash.add(try file.read(upToCount: 4 << 10) ?? Data())
            }
            return hash.text
        } catch {
            throw .unreadable(path: path, reason: "its content cannot be read")
        }
    }
}
