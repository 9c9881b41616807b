/// Why a study, its data or its judges cannot be used: the rule, what was received, what to do.
public enum StudyError: Error, Sendable, Equatable {
    case unreadable(path: String, reason: String)
    case notYAML(path: String, reason: String)
    /// A line of a JSONL file; `place` is `file:line`.
    case badLine(place: String, rule: String, reason: String)
    case noLines(path: String)
    case missingField(place: String, field: String, neededBy: String)
    case unknownName(String, kind: String, at: String, known: [String])
    case countedTwice(judge: String, score: String, prompts: String, first: String, second: String)
    case invalid(at: String, reason: String)
    case folderInUse(String)
    case damagedRecord(path: String, line: Int)
    case cannotWrite(path: String, reason: String)
    case missingKey(variable: String)
    case judgeRefused(url: String, status: Int)
    case cannotRunCode(reason: String)
    case unknownPlaceholder(String, file: String, known: [String])
    case notLogLinear(String)
    case tooFewExamples(found: Int, needed: Int)
    case notFitted(String)
}

extension StudyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "A file cannot be read: \(path): \(reason). Check the path."
        case .notYAML(let path, let reason):
            "A study must be YAML: \(path): \(reason)."
        case .badLine(let place, let rule, let reason):
            "\(place): every line must be \(rule): \(reason)."
        case .noLines(let path):
            "A data file needs at least one line that the study uses: \(path) has none. "
                + "Check the file, and `where` if the study has it."
        case .missingField(let place, let field, let user):
            "\(place): \(user) needs `\(field)` on every line: this one has none. "
                + "Add it, or leave \(user) out for these prompts."
        case .unknownName(let name, let kind, let place, let known):
            "\(place): there is no \(kind) `\(name)`. "
                + "Known: \(known.map { "`\($0)`" }.joined(separator: ", "))."
        case .countedTwice(let judge, let score, let prompts, let first, let second):
            "A score can count in only one metric: `\(score)` of `\(judge)` on "
                + "`\(prompts)` is in both `\(first)` and `\(second)`. Take it out of one."
        case .invalid(let place, let reason):
            "\(place): \(reason)"
        case .folderInUse(let path):
            "Only one run at a time can write to a study's folder: another run is using \(path). "
                + "Wait for it, or choose another folder with --out."
        case .damagedRecord(let path, let line):
            "A line of the study's records cannot be read: line \(line) of \(path). "
                + "Repair or remove that line; the others are kept."
        case .cannotWrite(let path, let reason):
            "The study's records cannot be written: \(path): \(reason). Finished work is kept. "
                + "Make room, and run the same command again."
        case .missingKey(let variable):
            "A judge's key is read from the environment: `\(variable)` is not set. "
                + "Set it, or correct `key` in the study."
        case .judgeRefused(let url, let status):
            "A judge must accept our requests: \(url) answered \(status). "
                + "Check `url`, `model` and `key`; finished work is kept."
        case .cannotRunCode(let reason):
            "A judge of kind `code` needs python3 and a sandbox for it, bubblewrap: \(reason). "
                + "Install both (`apt-get install python3 bubblewrap`; there is no bubblewrap for "
                + "macOS), or set `isolation: limits`. Programs that models write can then reach "
                + "the files and the network of this machine."
        case .unknownPlaceholder(let name, let file, let known):
            "A judge's prompt has an unknown placeholder: `{\(name)}` in \(file). "
                + "Known: \(known.sorted().map { "{\($0)}" }.joined(separator: ", "))."
        case .notLogLinear(let reason):
            reason
        case .tooFewExamples(let found, let needed):
            "A fit with a held-out part needs at least \(needed) examples: there are \(found). "
                + "Add more prompt–response pairs."
        case .notFitted(let reason):
            reason
        }
    }
}
