/// Renders a template's tree.
///
/// Every evaluation counts against the limits, so that no template runs for ever or fills the memory.
final class Renderer {
    let syntax: Syntax
    let limits: TemplateLimits
    let clock: TemplateClock
    /// Where output goes.
    private var output = MarkedText()
    private var stepsLeft: Int
    private var depth = 0
    /// The line of the statement that is carried out, for errors.
    var line = 0
    /// What filters of a block are given.
    var captured: [Value] = []
    /// Scopes that macros, callers and recursive loops hold, and all namespaces: they can hold one another
    /// in chains and circles, and are emptied one by one in the end.
    private var scopes: [Scope] = []
    private var namespaces: [Namespace] = []
    private let ids: [String: NameID]

    /// How a body ended.
    enum Flow { case onwards, breaks, continues }

    init(_ syntax: Syntax, limits: TemplateLimits, clock: TemplateClock) {
        self.syntax = syntax
        self.limits = limits
        self.clock = clock
        stepsLeft = limits.steps
        ids = Dictionary(
            syntax.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    }

    /// The text that the template makes of its variables.
    func render(_ variables: [String: Value]) throws(TemplateError) -> MarkedText {
        defer {
            for scope in scopes { scope.clear() }
            for namespace in namespaces { namespace.names = [] }
        }
        let outer = Scope(in: nil)
        for (name, value) in variables {
            if let id = ids[name] { outer.set(value, for: id) }
        }
        do {
            _ = try run(syntax.body, Scope(in: outer))
        } catch .failed(line: 0, let reason) {
            throw .failed(line: line, reason: reason)
        }
        return output
    }

    // MARK: Limits

    /// Counts evaluations.
    func spend(_ steps: Int) throws(TemplateError) {
        stepsLeft -= steps
        if stepsLeft < 0 { throw .limit("it takes more than \(limits.steps) steps") }
    }

    /// Refuses a text before it is made.
    func requireRoom(_ count: Int) throws(TemplateError) {
        if count > limits.text { throw .limit("a text may have at most \(limits.text) characters") }
    }

    /// Refuses a list before it is made.
    func requireItems(_ count: Int) throws(TemplateError) {
        if count > limits.items { throw .limit("a list may have at most \(limits.items) items") }
    }

    /// Counts what comparing or writing a value may take, and refuses what would take for ever.
    private func requireSize(_ size: Int) throws(TemplateError) {
        try requireRoom(size)
        try spend(1 + size >> 3)
    }

    /// A product of sizes, which may be enormous.
    func requireRoom(_ count: Int, times: Int) throws(TemplateError) {
        let (product, overflow) = count.multipliedReportingOverflow(by: max(0, times))
        try requireRoom(overflow ? .max : product)
    }

    func deeper<Result>(
        _ body: () throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > limits.depth { throw .limit("it goes more than \(limits.depth) levels deep") }
        return try body()
    }

    /// A value whose size is counted, and whose depth is bounded.
    func checked(_ value: Value) throws(TemplateError) -> Value {
        switch value {
        case .text(let text):
            try requireRoom(text.count)
            try spend(1 + text.count >> 3)
        case .items(let items):
            try requireItems(items.values.count)
            try requireSize(items.size)
        case .mapping(let mapping): try requireSize(mapping.size)
        default: try spend(1)
        }
        if value.depth > limits.structure {
            throw .limit("values may be nested \(limits.structure) deep")
        }
        return value
    }

    func makeNamespace() -> Namespace {
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    // MARK: Output

    func write(_ text: MarkedText) throws(TemplateError) {
        try requireRoom(output.count + text.count)
        try spend(text.count >> 3)
        output.append(text)
    }

    /// What `body` writes, as a text of its own.
    func capture(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> MarkedText {
        let outer = output
        output = MarkedText()
        defer { output = outer }
        try body()
        return output
    }

    // MARK: Statements

    func run(_ body: [Statement], _ scope: Scope) throws(TemplateError) -> Flow {
        for statement in body {
            line = statement.line
            let flow = try run(statement, scope)
            if flow != .onwards { return flow }
        }
        return .onwards
    }

    private func run(_ statement: Statement, _ scope: Scope) throws(TemplateError) -> Flow {
        try spend(1)
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression):
            try write(try evaluate(expression, scope).written(limits))
        case .set(let target, let expression):
            try assign(try evaluate(expression, scope), to: target, scope)
        case .setBlock(let target, let filter, let body):
            let (flow, value) = try filtered(body, filter, scope)
            guard flow == .onwards else { return flow }
            try assign(value, to: target, scope)
        case .conditional(let branches, let otherwise):
            for (test, body) in branches where try evaluate(test, scope).isTrue {
                return try deeper { () throws(TemplateError) in try run(body, scope) }
            }
            return try deeper { () throws(TemplateError) in try run(otherwise, scope) }
        case .loop(let loop):
            let values = try evaluate(loop.values, scope)
            try deeper { () throws(TemplateError) in
                try run(loop, over: values, depth: 0, scope)
            }
        case .macro(let macro):
            scopes.append(scope)
            scope.set(.function(.macro(Macro(macro, in: scope))), for: macro.id)
        case .call(let macro, let function, let arguments):
            var given = try self.arguments(arguments, scope)
            scopes.append(scope)
            let caller = Macro(macro, in: scope, isAnonymous: true)
            given.named.append((MarkedText("caller", isGiven: false), .function(.macro(caller))))
            let value = try call(try evaluate(function, scope), given)
            try write(try value.written(limits))
        case .filtered(let filter, let body):
            let (flow, value) = try filtered(body, filter, scope)
            guard flow == .onwards else { return flow }
            guard case .text(let text) = value else {
                throw .fault("the filters of a block must make a text")
            }
            try write(text)
        case .with(let values, let body):
            let inner = Scope(in: scope)
            for (target, expression) in values {
                try assign(try evaluate(expression, scope), to: target, inner)
            }
            return try deeper { () throws(TemplateError) in try run(body, inner) }
        case .scope(let body):
            return try deeper { () throws(TemplateError) in
                try run(body, Scope(in: scope))
            }
        case .breakLoop: return .breaks
        case .continueLoop: return .continues
        }
        return .onwards
    }

    private func filtered(
        _ body: [Statement], _ filter: Expression, _ scope: Scope
    ) throws(TemplateError) -> (Flow, Value) {
        try deeper { () throws(TemplateError) in
            let inner = Scope(in: scope)
            var flow = Flow.onwards
            let text = try capture { () throws(TemplateError) in flow = try run(body, inner) }
            // A loop that is left here takes what was written with it.
            guard flow == .onwards else { return (flow, .none) }
            captured.append(.text(text))
            defer { captured.removeLast() }
            return (flow, try evaluate(filter, scope))
        }
    }

    /// - Parameter depth: of a loop that calls itself, counted from 0.
    func run(
        _ loop: LoopSyntax, over values: Value, depth: Int, _ scope: Scope
    ) throws(TemplateError) {
        var items = try values.iterated()
        if let condition = loop.condition {
            var kept: [Value] = []
            for item in items {
                try spend(1)
                let inner = Scope(in: scope)
                try assign(item, to: loop.target, inner)
                if try evaluate(condition, inner).isTrue { kept.append(item) }
            }
            items = kept
        }
        if items.isEmpty {
            _ = try run(loop.otherwise, Scope(in: scope))
            return
        }
        let state = Loop(items, depth: depth, recursive: loop.isRecursive ? (loop, scope) : nil)
        if loop.isRecursive { scopes.append(scope) }
        _ = try checked(.loop(state))
        for (index, item) in items.enumerated() {
            try spend(1)
            state.index = index
            let inner = Scope(in: scope)
            if let id = ids["loop"] { inner.set(.loop(state), for: id) }
            try assign(item, to: loop.target, inner)
            if try run(loop.body, inner) == .breaks { return }
        }
    }

    func assign(_ value: Value, to target: Target, _ scope: Scope) throws(TemplateError) {
        switch target {
        case .name(let id): scope.set(value, for: id)
        case .attribute(let id, let name):
            guard case .namespace(let namespace)? = scope[id] else {
                throw .fault("cannot assign attribute on non-namespace object")
            }
            try set(MarkedText(name, isGiven: false), of: namespace, to: value)
        case .tuple(let targets):
            let values = try value.iterated()
            guard values.count == targets.count else {
                throw .fault("cannot unpack \(values.count) values into \(targets.count) names")
            }
            for (value, target) in zip(values, targets) { try assign(value, to: target, scope) }
        }
    }

    func set(
        _ name: MarkedText, of namespace: Namespace, to value: Value
    ) throws(TemplateError) {
        guard name.scalars.first?.plain != UInt32(ascii: "_") else {
            throw .fault(
                "names in a namespace may not begin with an underscore: '\(name.string)'")
        }
        namespace[name] = value
    }

    // MARK: Names

    func value(of id: NameID, _ scope: Scope) -> Value {
        if let value = scope[id] { return value }
        let name = syntax.names[id]
        return Self.globals.contains(name)
            ? .function(.global(name)) : .undefined("'\(name)' is undefined")
    }

    func id(_ name: String) -> NameID? { ids[name] }
}
