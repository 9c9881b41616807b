extension MarkedText {
    private func mapped(_ change: (Unicode.Scalar, Int) -> String) -> MarkedText {
        var made: [UInt32] = []
        made.reserveCapacity(count)
        for (index, scalar) in scalars.enumerated() {
            let origin = scalar & Self.given
            made += change(scalar.scalar, index).unicodeScalars.map { $0.value | origin }
        }
        return MarkedText(scalars: made)
    }

    var uppercased: MarkedText { mapped { scalar, _ in scalar.properties.uppercaseMapping } }

    var lowercased: MarkedText {
        mapped { scalar, index in
            // The sigma at the end of a word has its own form.
            if scalar.value == 0x3a3 { return isFinal(index) ? "ς" : "σ" }
            return scalar.properties.lowercaseMapping
        }
    }

    private func isFinal(_ index: Int) -> Bool {
        func cased(_ indices: some Sequence<Int>) -> Bool {
            for index in indices {
                let properties = scalars[index].scalar.properties
                if properties.isCaseIgnorable { continue }
                return properties.isCased
            }
            return false
        }
        return cased((0..<index).reversed()) && !cased((index + 1)..<count)
    }

    /// The first character in title case, the others in lower case.
    var capitalized: MarkedText {
        guard let first = scalars.first else { return self }
        let origin = first & Self.given
        let start = first.scalar.properties.titlecaseMapping.unicodeScalars.map {
            $0.value | origin
        }
        return MarkedText(scalars: start + lowercased.scalars.dropFirst(lowercasedLengthOfFirst))
    }

    private var lowercasedLengthOfFirst: Int {
        scalars[0].scalar.properties.lowercaseMapping.unicodeScalars.count
    }

    /// Every word's first letter in title case; a word begins after any character without case.
    var titlecased: MarkedText {
        var wasCased = false
        return mapped { scalar, _ in
            defer { wasCased = scalar.properties.isCased }
            return wasCased
                ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        }
    }

    var swappedCase: MarkedText {
        mapped { scalar, _ in
            scalar.properties.isUppercase
                ? scalar.properties.lowercaseMapping
                : scalar.properties.isLowercase
                    ? scalar.properties.uppercaseMapping : String(scalar)
        }
    }

    /// Whether there are letters with case, and all are as `isWanted` says.
    func isCased(_ isWanted: (Unicode.Scalar.Properties) -> Bool) -> Bool {
        let cased = scalars.map(\.scalar.properties).filter {
            $0.isUppercase || $0.isLowercase || $0.generalCategory == .titlecaseLetter
        }
        return !cased.isEmpty && cased.allSatisfy(isWanted)
    }

    /// Whether there is a character, and all are as `isWanted` says.
    func all(_ isWanted: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && scalars.allSatisfy { isWanted($0.scalar) }
    }
}
