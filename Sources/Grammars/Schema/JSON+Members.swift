import JSONValues

extension JSON {
    /// The entries of an object; none of anything else.
    var members: [Entry] { if case .object(let entries) = self { entries } else { [] } }

    /// The value under a key; nil where there is none.
    func member(_ key: String) -> JSON? { members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value }

    /// Whether both are the same JSON value, as JSON Schema has it: 1 is 1.0, and the order of keys does
    /// not count. Texts are compared by code points, which `==` of Swift does not do.
    func isSame(as other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.flag(let left), .flag(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.integer(let whole), .number(let number)), (.number(let number), .integer(let whole)):
            Int(exactly: number) == whole
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { entry in
                    other.member(entry.key).map { $0.isSame(as: entry.value) } ?? false
                }
        default: false
        }
    }
}
