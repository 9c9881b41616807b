import EmulatedFineTuning

/// Why a recipe cannot be used: where, the rule, what was received, what to do.
public enum RecipeError: Error, Sendable, Equatable {
    case unreadable(path: String, reason: String)
    case tooLarge(path: String, bytes: Int, limit: Int)
    case notUTF8(path: String)
    case notYAML(path: String, reason: String)
    case unknownKey(String, at: Place, known: [String])
    case missingKey(String, at: Place)
    case repeatedKey(String, at: Place)
    case wrongType(at: Place, expected: String, received: String)
    case invalid(at: Place, reason: String)
    case inconsistent(String)
    /// A chat template that cannot be used: whose it is, and why.
    case template(String, reason: String)
    case unknownTemplate(String, known: [String])

    /// A place in a file, such as `atlas.yaml:12, mask.nucleus`.
    public struct Place: Sendable, Equatable, CustomStringConvertible {
        public var file: String
        public var line: Int?
        public var key: String

        package init(file: String, line: Int?, key: String) {
            (self.file, self.line, self.key) = (file, line, key)
        }

        public var description: String {
            "\(file)\(line.map { ":\($0)" } ?? "")\(key.isEmpty ? "" : ", `\(key)`")"
        }
    }
}

extension RecipeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "A recipe must be a readable YAML file: \(path): \(reason). Check the path."
        case .tooLarge(let path, let bytes, let limit):
            "A recipe may have at most \(limit) bytes: \(path) has \(bytes). "
                + "Is it a recipe?"
        case .notUTF8(let path):
            "A recipe must be UTF-8 text: \(path) is not. Save it as UTF-8."
        case .notYAML(let path, let reason):
            "A recipe must be YAML: \(path): \(reason)."
        case .unknownKey(let key, let place, let known):
            "\(place): `\(key)` is not a valid key here."
                + key.hint(among: known)
                + " Valid keys: \(known.joined(separator: ", "))."
        case .missingKey(let key, let place):
            "\(place): the required key `\(key)` is missing. Add it."
        case .repeatedKey(let key, let place):
            "\(place): the key `\(key)` is given twice. Remove one."
        case .wrongType(let place, let expected, let received):
            "\(place): expected \(expected), received \(received)."
        case .invalid(let place, let reason):
            "\(place): \(reason)"
        case .inconsistent(let reason):
            reason
        case .template(let owner, let reason):
            "The chat template of \(owner) cannot be used. \(reason) You can name another one: a file "
                + "`NAME.jinja`, `plain` or `raw`, under `prompt:` in the recipe or with --template."
        case .unknownTemplate(let name, let known):
            "There is no chat template named `\(name.prefix(64))`. Leave `prompt:` out to use the "
                + "model's own, or set it to \(known.map { "`\($0)`" }.joined(separator: ", ")), a file "
                + "`NAME.jinja`, `plain` or `raw`."
        }
    }
}
