extension Renderer {
    func sign(_ value: Value, isNegative: Bool) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
        if let number = value.asInteger {
            guard isNegative else { return .integer(number) }
            guard number != .min else { throw Self.overflow }
            return .integer(-number)
        }
        guard let number = value.asDouble else {
            throw .fault(
                "bad operand type for unary \(isNegative ? "-" : "+"): '\(value.typeName)'")
        }
        return .float(isNegative ? -number : number)
    }

    private static let overflow = TemplateError.fault("whole numbers may have at most 64 bits")

    func arithmetic(_ sign: String, _ left: Value, _ right: Value) throws(TemplateError) -> Value {
        if sign == "%", case .text(let format) = left {
            return .text(try percentFormat(format, right))
        }
        for value in [left, right] {
            if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
        }
        if let left = left.asInteger, let right = right.asInteger {
            return try whole(sign, left, right)
        }
        if let left = left.asDouble, let right = right.asDouble {
            return .float(try real(sign, left, right))
        }
        switch (sign, left, right) {
        case ("+", .text(let left), .text(let right)):
            try requireRoom(left.count + right.count)
            guard left.isSafe || right.isSafe else { return .text(left + right) }
            var sum = left.isSafe ? left : try escaped(left)
            sum.append(right.isSafe ? right : try escaped(right))
            sum.isSafe = true
            return .text(sum)
        case ("+", .items(let first), .items(let second))
        where first.kind == second.kind && first.kind == .list || first.isTuple && second.isTuple:
            try requireItems(first.values.count + second.values.count)
            return .items(Items(first.isTuple ? .tuple : .list, first.values + second.values))
        case ("*", .text, _), ("*", .items, _):
            if let times = right.asInteger { return try repeated(left, times) }
        case ("*", _, .text), ("*", _, .items):
            if let times = left.asInteger { return try repeated(right, times) }
        default: break
        }
        throw .fault(
            "unsupported operand types for \(sign): '\(left.typeName)' and '\(right.typeName)'")
    }

    private func repeated(_ value: Value, _ times: Int) throws(TemplateError) -> Value {
        switch value {
        case .text(let text):
            try requireRoom(text.count, times: times)
            return .text(
                MarkedText(
                    scalars: Array(repeatElement(text.scalars, count: max(0, times)).joined())))
        case .items(let items) where items.kind == .list || items.isTuple:
            try requireRoom(items.values.count, times: times)
            try requireItems(items.values.count * max(0, times))
            return .items(
                Items(
                    items.isTuple ? .tuple : .list,
                    Array(repeatElement(items.values, count: max(0, times)).joined())))
        default: throw .fault("unsupported operand type for *: '\(value.typeName)'")
        }
    }

    private func whole(_ sign: String, _ left: Int, _ right: Int) throws(TemplateError) -> Value {
        var (result, overflow) = (0, false)
        switch sign {
        case "+": (result, overflow) = left.addingReportingOverflow(right)
        case "-": (result, overflow) = left.subtractingReportingOverflow(right)
        case "*": (result, overflow) = left.multipliedReportingOverflow(by: right)
        case "/":
            guard right != 0 else { throw .fault("division by zero") }
            return .float(Double(left) / Double(right))
        case "//", "%":
            guard right != 0 else { throw .fault("integer division or modulo by zero") }
            guard right != -1 else {
                if sign == "%" { return .integer(0) }
                return try self.sign(.integer(left), isNegative: true)
            }
            let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
            // Python rounds down.
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            result = sign == "//" ? quotient - (isBelow ? 1 : 0) : remainder + (isBelow ? right : 0)
        default:
            if right < 0 { return .float(try real("**", Double(left), Double(right))) }
            result = 1
            var (base, exponent) = (left, right)
            while exponent > 0 {
                if exponent & 1 == 1 {
                    let (product, isTooLarge) = result.multipliedReportingOverflow(by: base)
                    guard !isTooLarge else { throw Self.overflow }
                    result = product
                }
                exponent >>= 1
                if exponent > 0 {
                    let (square, isTooLarge) = base.multipliedReportingOverflow(by: base)
                    guard !isTooLarge else { throw Self.overflow }
                    base = square
                }
            }
        }
        guard !overflow else { throw Self.overflow }
        return .integer(result)
    }

    private func real(_ sign: String, _ left: Double, _ right: Double) throws(TemplateError)
        -> Double
    {
        switch sign {
        case "+": return left + right
        case "-": return left - right
        case "*": return left * right
        case "/":
            guard right != 0 else { throw .fault("float division by zero") }
            return left / right
        case "//", "%":
            guard right != 0 else { throw .fault("float floor division or modulo by zero") }
            var remainder = Numbers.remainder(left, right)
            if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
            if sign == "%" { return remainder == 0 ? Numbers.sign(0, of: right) : remainder }
            let quotient = (left - remainder) / right
            let floored = quotient.rounded(.down)
            return quotient == 0
                ? Numbers.sign(0, of: left / right)
                : quotient - floored > 0.5 ? floored + 1 : floored
        default:
            guard left != 0 || right >= 0 else {
                throw .fault("0.0 cannot be raised to a negative power")
            }
            let result = Numbers.power(left, right)
            if result.isInfinite, left.isFinite, right.isFinite {
                throw .fault("a number is too large")
            }
            guard !(result.isNaN && left < 0) else { throw .fault("a power has no real value") }
            return result
        }
    }
}
