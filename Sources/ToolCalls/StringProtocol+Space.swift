extension StringProtocol {
    var withoutSpaceAtEnd: String {
        String(self[..<(lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex)])
    }

    var withoutSpace: String { String(drop(while: \.isWhitespace)).withoutSpaceAtEnd }
}
