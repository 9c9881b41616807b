/// The code in a reply: a block between fences, or the reply itself.
enum ReplyCode {
    /// The first block that calls itself Python; without one, the first block; without any, the whole
    /// reply. A block without a last fence goes to the end of the reply.
    static func code(in reply: String) -> String {
        let lines = reply.replacing("\r\n", with: "\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
        var blocks: [Block] = []
        var open: (fence: Fence, block: Block)?
        for line in lines {
            if var current = open {
                if current.fence.isClosed(by: line) {
                    blocks.append(current.block)
                    open = nil
                } else {
                    current.block.lines.append(current.fence.unindented(line))
                    open = current
                }
            } else if let fence = Fence(line) {
                open = (fence, Block(isPython: fence.isPython))
            }
        }
        if let open { blocks.append(open.block) }
        let block = blocks.first(where: \.isPython) ?? blocks.first
        return block.map { $0.lines.joined(separator: "\n") } ?? reply
    }

    private struct Block {
        var isPython: Bool
        var lines: [Substring] = []
    }

    /// A line of three or more backticks or tildes, and maybe a language, as CommonMark has it.
    private struct Fence {
        private let indentation: Int
        private let mark: Substring
        let isPython: Bool

        init?(_ line: Substring) {
            guard let match = line.wholeMatch(of: /(\s*)(`{3,}|~{3,})\s*([^`\s]*)[^`]*/) else {
                return nil
            }
            indentation = match.1.count
            mark = match.2
            isPython = ["python", "py", "python3"].contains(match.3.lowercased())
        }

        func isClosed(by line: Substring) -> Bool {
            let said = line.drop(while: \.isWhitespace)
            let end = said.drop { $0 == mark.first }
            return said.count - end.count >= mark.count && end.allSatisfy(\.isWhitespace)
        }

        /// A line of a block that is itself indented, in a list say.
        func unindented(_ line: Substring) -> Substring {
            line.dropFirst(min(indentation, line.prefix { $0 == " " }.count))
        }
    }
}
