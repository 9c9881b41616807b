/// A hash of bytes that is the same in every run and on every machine: FNV-1a, 64 bits.
///
/// For fingerprints and names of files; it withstands accidents, not attackers.
///
/// Source: http://www.isthe.com/chongo/tech/comp/fnv
package struct FNV1a: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func mix(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    package mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { mix(byte) }
    }
}
