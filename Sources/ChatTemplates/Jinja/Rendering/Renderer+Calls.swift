/// What a call, a filter or a test is given, evaluated.
struct Given {
    var positional: [Value] = []
    /// Names keep where they came from: `**mapping` hands over keys, and `kwargs` prints them.
    var named: [(name: MarkedText, value: Value)] = []
}

extension Renderer {
    func arguments(_ given: Arguments, _ scope: Scope) throws(TemplateError) -> Given {
        var made = Given()
        for expression in given.positional {
            made.positional.append(try evaluate(expression, scope))
        }
        for (name, expression) in given.named {
            made.named.append(
                (MarkedText(name, isGiven: false), try evaluate(expression, scope)))
        }
        if let list = given.list { made.positional += try evaluate(list, scope).iterated() }
        if let mapping = given.mapping {
            guard case .mapping(let entries) = try evaluate(mapping, scope) else {
                throw .fault("the argument after ** must be a mapping")
            }
            for (key, value) in zip(entries.keys, entries.values) {
                guard case .text(let name) = key else { throw .fault("keywords must be strings") }
                made.named.append((name, value))
            }
        }
        for (index, entry) in made.named.enumerated()
        where made.named[..<index].contains(where: { $0.name == entry.name }) {
            throw .fault("the argument `\(entry.name.string)` is given twice")
        }
        return made
    }

    func call(_ function: Value, _ given: Given) throws(TemplateError) -> Value {
        try spend(1)
        switch function {
        case .undefined(let undefined): throw .fault(undefined.reason)
        case .function(.global(let name)): return try callGlobal(name, given)
        case .function(.method(let value, let name)): return try callMethod(name, of: value, given)
        case .function(.macro(let macro)): return .text(try call(macro, given))
        case .function(.joiner(let joiner)):
            defer { joiner.wasCalled = true }
            return .text(joiner.wasCalled ? joiner.separator : MarkedText())
        case .loop(let loop):
            guard let recursive = loop.recursive else {
                throw .fault("the loop must be `recursive` to be called")
            }
            let values = given.positional.first ?? .none
            return .text(
                try deeper { () throws(TemplateError) in
                    try capture { () throws(TemplateError) in
                        try run(
                            recursive.syntax, over: values, depth: loop.depth + 1, recursive.scope)
                    }
                })
        default: throw .fault("'\(function.typeName)' object is not callable")
        }
    }

    // MARK: Macros

    /// Source: matches `jinja2.runtime.Macro`.
    private func call(_ macro: Macro, _ given: Given) throws(TemplateError) -> MarkedText {
        let syntax = macro.syntax
        var named = given.named
        func take(_ name: String) -> Value? {
            let name = MarkedText(name, isGiven: false)
            guard let index = named.firstIndex(where: { $0.name == name }) else { return nil }
            return named.remove(at: index).value
        }
        let inner = Scope(in: macro.scope)
        var missing: [(name: NameID, standard: Expression?)] = []
        var takesCallerByName = false
        for (index, parameter) in syntax.parameters.enumerated() {
            let name = self.syntax.names[parameter.name]
            if name == "caller" { takesCallerByName = true }
            if index < given.positional.count {
                inner.set(given.positional[index], for: parameter.name)
            } else if let value = take(name) {
                inner.set(value, for: parameter.name)
            } else {
                missing.append(parameter)
            }
        }
        if syntax.takesCaller, !takesCallerByName, let id = id("caller") {
            inner.set(take("caller") ?? .undefined("No caller defined"), for: id)
        }
        if syntax.takesNamed, let id = id("kwargs") {
            let mapping = Mapping()
            for (name, value) in named { mapping.set(value, for: .text(name)) }
            inner.set(.mapping(mapping), for: id)
        } else if let extra = named.first {
            throw .fault("macro '\(macro.name)' takes no keyword argument '\(extra.name.string)'")
        }
        let rest = given.positional.dropFirst(syntax.parameters.count)
        if syntax.takesMore, let id = id("varargs") {
            inner.set(.tuple(Array(rest)), for: id)
        } else if !rest.isEmpty {
            throw .fault(
                "macro '\(macro.name)' takes not more than \(syntax.parameters.count) argument(s)")
        }
        let outerLine = line
        let text = try deeper { () throws(TemplateError) in
            for parameter in missing {
                let name = self.syntax.names[parameter.name]
                inner.set(
                    try parameter.standard.map { (expression) throws(TemplateError) in
                        try evaluate(expression, inner)
                    } ?? .undefined("parameter '\(name)' was not provided"), for: parameter.name)
            }
            return try capture { () throws(TemplateError) in _ = try run(syntax.body, inner) }
        }
        line = outerLine
        return text
    }

    // MARK: Functions that every template has

    static let globals: Set<String> = [
        "range", "dict", "namespace", "cycler", "joiner", "raise_exception", "strftime_now",
    ]

    private func callGlobal(_ name: String, _ given: Given) throws(TemplateError) -> Value {
        switch name {
        case "range": return try range(given)
        case "dict", "namespace":
            let mapping = Mapping()
            for source in given.positional {
                guard case .mapping(let other) = source else {
                    for pair in try source.iterated() {
                        let entry = try pair.iterated()
                        guard entry.count == 2, mapping.set(entry[1], for: entry[0]) else {
                            throw .fault("a mapping is made of pairs of a key and a value")
                        }
                    }
                    continue
                }
                for (key, value) in zip(other.keys, other.values) { mapping.set(value, for: key) }
            }
            for (name, value) in given.named { mapping.set(value, for: .text(name)) }
            if name == "dict" { return .mapping(mapping) }
            let namespace = makeNamespace()
            for (key, value) in zip(mapping.keys, mapping.values) {
                try set(try key.written(limits), of: namespace, to: value)
            }
            return .namespace(namespace)
        case "cycler":
            guard !given.positional.isEmpty else {
                throw .fault("at least one item has to be provided")
            }
            return .function(.cycler(Cycler(given.positional)))
        case "joiner":
            let given = try bind(given, ["sep"], of: "joiner")
            return .function(.joiner(Joiner(try given["sep"]?.written(limits) ?? ", ")))
        case "raise_exception":
            let given = try bind(given, ["message"], of: name, required: 1)
            throw .raised(try (given["message"] ?? .none).written(limits).string)
        default:
            let given = try bind(given, ["format"], of: name, required: 1)
            guard case .text(let format)? = given["format"] else {
                throw .fault("strftime_now needs a text")
            }
            try requireRoom(format.count, times: 64)
            let isGiven = format.scalars.contains { $0 & MarkedText.given != 0 }
            return .text(MarkedText(clock.write(format.string), isGiven: isGiven))
        }
    }

    private func range(_ given: Given) throws(TemplateError) -> Value {
        var bounds: [Int] = []
        for value in given.positional {
            guard let bound = value.asInteger else {
                throw .fault("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            bounds.append(bound)
        }
        guard given.named.isEmpty, (1...3).contains(bounds.count) else {
            throw .fault("range expects one to three numbers")
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let end = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw .fault("range() arg 3 must not be zero") }
        let span = (step > 0 ? Double(end) - Double(start) : Double(start) - Double(end))
        guard span / Double(step.magnitude) <= Double(TemplateLimits.range) else {
            throw .limit("a range may have at most \(TemplateLimits.range) numbers")
        }
        let numbers =
            step == .min
            ? (start > end ? [start] : []) : Array(stride(from: start, to: end, by: step))
        return .items(Items(.range(start: start, end: end, step: step), numbers.map(Value.integer)))
    }

    // MARK: Parameters

    /// Arguments by the names of a function's parameters.
    func bind(
        _ given: Given, _ names: [String], of function: String, required: Int = 0
    ) throws(TemplateError) -> [String: Value] {
        guard given.positional.count <= names.count else {
            throw .fault("`\(function)` takes at most \(names.count) argument(s)")
        }
        var bound: [String: Value] = [:]
        for (name, value) in zip(names, given.positional) { bound[name] = value }
        for (mark, value) in given.named {
            let name = mark.string
            guard names.contains(name) else {
                throw .fault("`\(function)` has no argument `\(name)`")
            }
            guard bound[name] == nil else {
                throw .fault("the argument `\(name)` of `\(function)` is given twice")
            }
            bound[name] = value
        }
        for name in names.prefix(required) where bound[name] == nil {
            throw .fault("`\(function)` needs the argument `\(name)`")
        }
        return bound
    }

    /// A whole number that an argument must be.
    func integer(
        _ value: Value?, _ standard: Int, of function: String
    ) throws(TemplateError) -> Int {
        guard let value else { return standard }
        guard let number = value.asInteger else {
            throw .fault("`\(function)` needs a whole number, not '\(value.typeName)'")
        }
        return number
    }

    /// A text that an argument must be.
    func text(_ value: Value?, of function: String) throws(TemplateError) -> MarkedText {
        guard case .text(let text)? = value else {
            throw .fault("`\(function)` needs a text, not '\(value?.typeName ?? "nothing")'")
        }
        return text
    }
}
