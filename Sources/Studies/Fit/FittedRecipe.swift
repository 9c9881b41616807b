import Foundation
public import Recipes
import Yams

/// A recipe file with fitted values in it. Everything else in it stays; comments are lost.
public enum FittedRecipe {
    /// The recipe's text with a fit's values.
    ///
    /// - Parameters:
    ///   - report: the fit.
    ///   - path: the recipe that was fitted.
    ///   - folder: where the text will be written: paths of members are made to fit.
    ///   - name: the new recipe's name.
    ///   - uses: how members are asked (`LoadedRecipe.vocabularyUses`).
    ///   - withoutMask: whether the recipe's mask is left out, because it was fitted without.
    /// - Throws: ``StudyError``.
    public static func text(
        of report: FitReport, recipe path: String, folder: String, name: String,
        uses: [String: VocabularyUse] = [:], withoutMask: Bool
    ) throws -> String {
        let source = try DataLine.text(path)
        guard var root = try Yams.compose(yaml: source) else {
            throw StudyError.notYAML(path: path, reason: "it is empty")
        }
        root["name"] = Node(name)
        if withoutMask { root.removeKey("mask") }
        if report.isFree {
            root["formula"] = Node(report.formula)
            // The weights are numbers now.
            if !mentionsParameter(root) { root.removeKey("parameters") }
            for (member, use) in uses { set(use, of: member, in: &root) }
        } else {
            for value in report.values { set(value, in: &root) }
        }
        try relocate(&root, from: path, to: folder)
        return try Yams.serialize(node: root)
    }

    private static func mentionsParameter(_ root: Node) -> Bool {
        let formulas = [root["fallback"]?.string, root["mask"]?["of"]?.string].compactMap { $0 }
        return root["parameters"]?.mapping?.keys.contains { name in
            formulas.contains { $0.contains(name.string ?? "\0") }
        } ?? false
    }

    /// Says how a member is asked, which otherwise depends on the sign of its weight.
    private static func set(_ use: VocabularyUse, of member: String, in root: inout Node) {
        guard let node = root["members"]?[member], node["vocabulary"] == nil else { return }
        if let path = node.string { root["members"]?[member] = ["file": Node(path)] }
        root["members"]?[member]?["vocabulary"] = Node(use.rawValue)
    }

    private static func set(_ value: FitReport.Value, in root: inout Node) {
        let text = Node("\((value.fitted * 1e6).rounded() / 1e6)")
        if root["parameters"]?[value.name]?.mapping != nil {
            root["parameters"]?[value.name]?["default"] = text
        } else {
            root["parameters"]?[value.name] = text
        }
    }

    /// Makes the paths of members absolute where the new recipe lies elsewhere.
    private static func relocate(_ root: inout Node, from path: String, to folder: String) throws {
        let old = URL(filePath: path).deletingLastPathComponent().standardizedFileURL.path
        guard old != URL(filePath: folder, directoryHint: .isDirectory).standardizedFileURL.path,
            let names = root["members"]?.mapping?.keys.compactMap(\.string)
        else { return }
        for name in names {
            guard let member = root["members"]?[name] else { continue }
            root["members"]?[name] = moved(member, old)
        }
    }

    private static func moved(_ node: Node, _ folder: String) -> Node {
        if let path = node.string { return Node(Recipe.resolve(path, in: folder)) }
        var node = node
        if let file = node["file"]?.string { node["file"] = Node(Recipe.resolve(file, in: folder)) }
        if let lora = node["lora"] { node["lora"] = movedAdapter(lora, folder) }
        return node
    }

    private static func movedAdapter(_ node: Node, _ folder: String) -> Node {
        if let list = node.sequence { return Node(list.map { movedAdapter($0, folder) }) }
        if let path = node.string { return Node(Recipe.resolve(path, in: folder)) }
        var node = node
        if let file = node["file"]?.string { node["file"] = Node(Recipe.resolve(file, in: folder)) }
        return node
    }
}

extension Node {
    fileprivate mutating func removeKey(_ key: String) {
        guard let mapping else { return }
        let others = mapping.filter { $0.key.string != key }.map { ($0.key, $0.value) }
        self = .mapping(Mapping(others, mapping.tag, mapping.style))
    }
}
