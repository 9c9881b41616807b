import Recipes

extension JudgeDeclaration {
    /// Those of all kinds; ``init(_:_:folder:)`` knows which kind has which.
    static let keys =
        ["kind", "subjects", "pattern", "ask", "against"] + EndpointOptions.keys
        + CodeOptions.keys.filter { !EndpointOptions.keys.contains($0) }

    init(_ name: String, _ body: YAMLMapping, folder: String) throws {
        let kind = try body.requiredText("kind")
        func allow(_ known: [String]) throws {
            for key in body.keys where key != "kind" && !known.contains(key) {
                throw RecipeError.unknownKey(
                    key, at: body.place, known: (known + ["kind"]).sorted())
            }
        }
        switch kind {
        case "pattern":
            try allow(["pattern"])
            let pattern = try body.text("pattern")
            if let fault = pattern.flatMap(PatternJudge.fault) {
                throw RecipeError.invalid(at: body.place(of: "pattern"), reason: fault)
            }
            self.init(name: name, kind: .pattern(PatternJudge(pattern)))
        case "length":
            try allow([])
            self.init(name: name, kind: .length)
        case "code":
            try allow(CodeOptions.keys)
            self.init(name: name, kind: .code(try CodeOptions(body)))
        case "atlas":
            try allow(["subjects"])
            let path = Recipe.resolve(try body.requiredText("subjects"), in: folder)
            self.init(name: name, kind: .atlas(try AtlasJudge(contentsOf: path)))
        case "endpoint":
            try allow(EndpointOptions.keys + ["ask"])
            let asked = try (try body.texts("ask") ?? []).map { text in
                guard let question = JudgeQuestion(rawValue: text) else {
                    throw StudyError.unknownName(
                        text, kind: "question", at: body.place(of: "ask").description,
                        known: JudgeQuestion.allCases.map(\.rawValue))
                }
                return question
            }
            let options = try EndpointOptions(body, folder: folder)
            self.init(
                name: name,
                kind: .endpoint(
                    options, questions: asked.isEmpty ? JudgeQuestion.allCases : asked))
        case "pairwise":
            try allow(EndpointOptions.keys + ["against"])
            self.init(
                name: name,
                kind: .pairwise(
                    try EndpointOptions(body, folder: folder),
                    against: try body.requiredText("against")))
        default:
            guard let rule = ReferenceJudge.Rule(rawValue: kind) else {
                let rules = ReferenceJudge.Rule.allCases.map(\.rawValue)
                throw StudyError.unknownName(
                    kind, kind: "kind of judge", at: body.place(of: "kind").description,
                    known: rules + ["pattern", "length", "code", "atlas", "endpoint", "pairwise"])
            }
            try allow([])
            self.init(name: name, kind: .reference(ReferenceJudge(rule)))
        }
    }
}
