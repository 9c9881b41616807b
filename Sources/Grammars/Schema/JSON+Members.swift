import JSONValues

extension JSON {
    /// The entries of an object; none of anything else.
    var members: [Entry] { if case .object(let entries) = self { entries } else { [] } }

    /// The value under a key; nil where there is none.
    func member(_ key: String) -> JSON? {
        members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}
