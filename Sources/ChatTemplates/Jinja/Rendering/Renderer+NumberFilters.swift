extension Renderer {
    func numberFilter(
        _ name: String, _ value: Value, _ given: Given
    ) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
        switch name {
        case "abs":
            if let number = value.asInteger {
                guard number != .min else { throw .fault("whole numbers may have at most 64 bits") }
                return .integer(abs(number))
            }
            guard let number = value.asDouble else {
                throw .fault("bad operand type for abs(): '\(value.typeName)'")
            }
            return .float(number.magnitude)
        case "int":
            let given = try bind(given, ["default", "base"], of: name)
            let standard = given["default"] ?? .integer(0)
            return try Self.whole(value, base: try integer(given["base"], 10, of: name)) ?? standard
        case "float":
            let given = try bind(given, ["default"], of: name)
            if case .text(let text) = value {
                return Self.real(text).map(Value.float) ?? given["default"] ?? .float(0)
            }
            return value.asDouble.map(Value.float) ?? given["default"] ?? .float(0)
        default: return try rounded(value, given)
        }
    }

    /// Python's `int`; nil where it raises an error.
    private static func whole(_ value: Value, base: Int) throws(TemplateError) -> Value? {
        func cut(_ number: Double) throws(TemplateError) -> Value? {
            guard number.isFinite else { return nil }
            guard let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw .fault("whole numbers may have at most 64 bits")
            }
            return .integer(whole)
        }
        guard case .text(let text) = value else {
            if let number = value.asInteger { return .integer(number) }
            return try value.asDouble.flatMap { (number) throws(TemplateError) in try cut(number) }
        }
        var digits = text.trimmed().string.lowercased()
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)]
        where radix == base && digits.hasPrefix(prefix) {
            digits.removeFirst(2)
        }
        let isPlain = digits.first?.isLetter == true || digits.first?.isNumber == true
        if isPlain, digits.last != "_", !digits.contains("__"), (2...36).contains(base),
            let number = Int((isNegative ? "-" : "") + digits.replacing("_", with: ""), radix: base)
        {
            return .integer(number)
        }
        return try real(text).flatMap { (number) throws(TemplateError) in try cut(number) }
    }

    private static func real(_ text: MarkedText) -> Double? {
        let digits = text.trimmed().string
        let bare = digits.lowercased().drop { $0 == "-" || $0 == "+" }
        if ["inf", "infinity", "nan"].contains(String(bare)) { return Double(digits) }
        guard !bare.hasPrefix("0x"),
            bare.allSatisfy({ $0.isASCII && ($0.isNumber || ".e+-_".contains($0)) })
        else { return nil }
        return Double(digits.replacing("_", with: ""))
    }

    private func rounded(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        let given = try bind(given, ["precision", "method"], of: "round")
        let precision = try integer(given["precision"], 0, of: "round")
        let method =
            try given["method"].map { (value) throws(TemplateError) in
                try text(value, of: "round").string
            } ?? "common"
        guard let number = value.asDouble else {
            throw .fault("type \(value.typeName) doesn't define __round__ method")
        }
        guard abs(precision) <= 300 else { throw .limit("a precision may be at most 300") }
        switch method {
        case "common":
            if let whole = value.asInteger, precision >= 0 { return .integer(whole) }
            let result = number.rounded(places: precision)
            return value.asInteger == nil ? .float(result) : .integer(Int(result))
        case "ceil", "floor":
            let scale = 1.0.scaled(tens: precision)
            let scaled = number * scale
            guard scaled.isFinite else { throw .fault("cannot convert float infinity to integer") }
            return .float(scaled.rounded(method == "ceil" ? .up : .down) / scale)
        default: throw .fault("method must be common, ceil or floor")
        }
    }
}

extension Double {
    fileprivate func scaled(tens: Int) -> Double {
        var scale = 1.0
        for _ in 0..<tens.magnitude { scale *= 10 }
        return tens < 0 ? self / scale : self * scale
    }

    /// Python's `round`: the nearest decimal number, the even one of two.
    fileprivate func rounded(places: Int) -> Double {
        guard isFinite else { return self }
        if places <= 0 {
            let scale = 1.0.scaled(tens: -places)
            return (self / scale).rounded(.toNearestOrEven) * scale
        }
        return places > 17 ? self : Double(decimal(places)) ?? self
    }

    private func decimal(_ places: Int) -> String { Numbers.write(self, "%.\(places)f") }
}
