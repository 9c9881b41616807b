/// How a value is to be written: `>8.2f`.
struct FormatSpec {
    var fill: UInt32?
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar?
    var isAlternate = false
    var padsWithZeros = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var kind: Unicode.Scalar?

    init() {}

    /// What stands between `:` and `}`.
    init(
        _ text: MarkedText, digits: (MarkedText, inout Int) throws(TemplateError) -> Int?
    ) throws(TemplateError) {
        var index = 0
        func at(_ place: Int) -> Unicode.Scalar? {
            place < text.count ? text.scalars[place].scalar : nil
        }
        let alignments: [Unicode.Scalar] = ["<", ">", "^", "="]
        if let mark = at(1), alignments.contains(mark) {
            (fill, alignment, index) = (text.scalars[0], mark, 2)
        } else if let mark = at(0), alignments.contains(mark) {
            (alignment, index) = (mark, 1)
        }
        if let mark = at(index), ["+", "-", " "].contains(mark) {
            sign = mark
            index += 1
        }
        if at(index) == "#" {
            isAlternate = true
            index += 1
        }
        if at(index) == "0" {
            padsWithZeros = true
            index += 1
        }
        width = try digits(text, &index) ?? 0
        if let mark = at(index), [",", "_"].contains(mark) {
            grouping = mark
            index += 1
        }
        if at(index) == "." {
            index += 1
            precision = try digits(text, &index)
            if precision == nil { throw .fault("Format specifier missing precision") }
        }
        if let mark = at(index) {
            kind = mark
            index += 1
        }
        guard index == text.count else { throw .fault("Invalid format specifier") }
    }

    func sign(of isNegative: Bool) -> String {
        isNegative ? "-" : sign == "+" || sign == " " ? sign.map { String($0) } ?? "" : ""
    }
}
