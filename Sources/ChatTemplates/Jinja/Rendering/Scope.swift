/// The names that a part of a template can see: its own, then those around it.
final class Scope {
    private var names: [(id: NameID, value: Value)] = []
    private let parent: Scope?

    init(in parent: Scope?) { self.parent = parent }

    subscript(id: NameID) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let entry = current.names.last(where: { $0.id == id }) { return entry.value }
            scope = current.parent
        }
        return nil
    }

    /// Sets a name of this scope's own.
    func set(_ value: Value, for id: NameID) {
        if let index = names.firstIndex(where: { $0.id == id }) {
            names[index].value = value
        } else {
            names.append((id, value))
        }
    }

    /// Lets go of all values: macros hold the scope that holds them.
    func clear() { names = [] }
}

/// A macro with the names that it can see.
final class Macro {
    let syntax: MacroSyntax
    let scope: Scope
    /// Whether it is the body of a `call` block.
    let isAnonymous: Bool
    var name: String { syntax.name }

    init(_ syntax: MacroSyntax, in scope: Scope, isAnonymous: Bool = false) {
        self.syntax = syntax
        self.scope = scope
        self.isAnonymous = isAnonymous
    }
}

/// What `loop` is inside a loop.
final class Loop {
    let items: [Value]
    let depth: Int
    /// The loop's own text and place, where it may be called for inner lists.
    let recursive: (syntax: LoopSyntax, scope: Scope)?
    /// How deep the items hold others.
    let valueDepth: Int
    /// Counted from 0.
    var index = -1
    /// What `changed` was last asked about.
    var lastChecked: [Value]?

    init(_ items: [Value], depth: Int, recursive: (syntax: LoopSyntax, scope: Scope)?) {
        self.items = items
        self.depth = depth
        self.recursive = recursive
        valueDepth = 1 + (items.lazy.map(\.depth).max() ?? 0)
    }

    /// `loop.name`; nil where there is none.
    func attribute(_ name: String) -> Value? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(items.count - index)
        case "revindex0": .integer(items.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index + 1 >= items.count)
        case "length": .integer(items.count)
        case "depth": .integer(depth + 1)
        case "depth0": .integer(depth)
        case "previtem":
            index > 0 ? items[index - 1] : .undefined("there is no previous item")
        case "nextitem":
            index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
        case "cycle", "changed": .function(.method(of: .loop(self), name))
        default: nil
        }
    }
}
