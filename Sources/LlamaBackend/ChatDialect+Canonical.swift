extension ChatDialect {
    /// The bytes of a template without what means nothing to Jinja as transformers sets it up: CR before a
    /// line break, and the line break at the end; in tags, more than one white space between words; in
    /// quotes, a line break for `\n`. White space before the first tag and after the last one is written.
    static func canonical(_ text: String) -> [UInt8] {
        var bytes = Array(text.replacing("\r\n", with: "\n").utf8)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        var made: [UInt8] = []
        made.reserveCapacity(bytes.count)
        /// What the tag that is being read ends with, and the quotation mark of the text in it.
        var (closer, quote): ([UInt8]?, UInt8?) = (nil, nil)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            var read = [byte]
            if let mark = quote {
                if byte == UInt8(ascii: "\\") {
                    index += 1
                    read = next == UInt8(ascii: "n") ? [UInt8(ascii: "\n")] : [byte, next]
                } else if byte == mark {
                    quote = nil
                }
            } else if let end = closer {
                if [byte, next] == end {
                    (closer, read) = (nil, end)
                    index += 1
                } else if isSpace(byte) {
                    read = isSpace(next) ? [] : [UInt8(ascii: " ")]
                } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                }
            } else if byte == UInt8(ascii: "{"), let end = closers[next] {
                (closer, read) = (end, [byte, next])
                index += 1
            }
            made += read
            index += 1
        }
        return made
    }

    private static let closers: [UInt8: [UInt8]] = [
        UInt8(ascii: "{"): Array("}}".utf8), UInt8(ascii: "%"): Array("%}".utf8),
    ]

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\n\r".utf8.contains(byte) }
}
