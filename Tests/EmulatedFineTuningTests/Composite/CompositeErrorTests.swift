import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct CompositeErrorTests {
    static let vocabulary = Vocabulary.plain(4)

    static func member(_ name: String, _ vocabulary: Vocabulary = vocabulary) -> Member {
        Member(name, TableModel(vocabulary: vocabulary) { _ in [] })
    }

    static func make(
        _ formula: Formula, parameters: [Parameter] = [], fallback: Formula? = nil,
        mask: Mask? = nil, draft: String? = nil
    ) throws {
        _ = try Composite(
            members: [member("large"), member("chat"), member("small")], formula: formula,
            parameters: parameters, fallback: fallback, mask: mask, draft: draft)
    }

    struct Case: Sendable {
        var text: String
        var make: @Sendable () throws -> Void

        init(_ text: String, _ make: @escaping @Sendable () throws -> Void) {
            (self.text, self.make) = (text, make)
        }
    }

    static let beta = Parameter("beta", default: 1, in: 0...2.5)

    static let cases: [Case] = [
        Case("A composite needs at least one member: none was given.") {
            _ = try Composite(members: [], formula: "a")
        },
        Case(
            "Members and parameters need distinct names: `a` was given twice. Rename one."
        ) { _ = try Composite(members: [member("a"), member("a")], formula: "a") },
        Case(
            "Members and parameters need distinct names: `chat` was given twice. Rename one."
        ) { try make("large", parameters: [Parameter("chat", default: 1)]) },
        Case(
            "Members and parameters need distinct names: `beta` was given twice. Rename one."
        ) { try make("large", parameters: [beta, beta]) },
        Case(
            "Members must share a vocabulary: `a` and `b` do not, they differ first at id 3 "
                + "(`3 ` against `3 ` control). Use models of one family that kept its tokenizer."
        ) {
            _ = try Composite(
                members: [member("a"), member("b", .plain(4, control: [3]))], formula: "a")
        },
        Case(
            "Members must share a vocabulary: `a` and `b` do not, their tokenizers differ in type "
                + "(plain against SPM). `b` has the tokenizer of Llama 1, Llama 2 or Mistral (SPM, "
                + "32000 tokens). Use models of one family that kept its tokenizer."
        ) {
            let tokens = [Vocabulary.Token](repeating: .init(bytes: []), count: 32000)
            _ = try Composite(
                members: [member("a"), member("b", Vocabulary(type: "SPM", tokens: tokens))],
                formula: "a")
        },
        Case(
            "A member must be able to read every token of the others, or at least its text: `a` has no "
                + "tokens for `<x>`. Use a model of the same family that has them."
        ) {
            let added = Vocabulary(
                type: "plain",
                tokens: vocabulary.tokens + [.init(bytes: Array("<x>".utf8), kind: .control)])
            _ = try Composite(members: [member("a"), member("b", added)], formula: "a")
        },
        Case(
            "Members must share a vocabulary: `a` and `b` do not, their tokenizers differ in type "
                + "(plain against bytes). Use models of one family that kept its tokenizer."
        ) {
            _ = try Composite(
                members: [member("a"), member("b", ByteTokenizer.vocabulary())], formula: "a")
        },
        Case(
            "A formula can only name members of its composite: `tuned` is not one. "
                + "Add the member, or correct the name."
        ) { try make("large" + "tuned") },
        Case(
            "The parameter `beta` must lie between 0 and 2.5: 3 does not. "
                + "Choose a value in the range, or widen `range` in the recipe."
        ) { try make("large", parameters: [Parameter("beta", default: 3, in: 0...2.5)]) },
        Case(
            "The weights of the fallback must have the same sum as those of the formula, or their "
                + "scores cannot be compared: the formula's sum is 2, the fallback's 1. "
                + "Scale one of them."
        ) { try make("large" + "chat", fallback: "chat") },
        Case(
            "A mask that falls back, or uses the fallback, needs a fallback formula: there is "
                + "none. Add `fallback:` (usually the tuned member), name a formula with `of:`, or "
                + "use `effect: forbid`."
        ) { try make("large", mask: Mask(.tokens([1]))) },
        Case("A mask's `nucleus` must be more than 0 and at most 1: 0 is not.") {
            try make("large", fallback: "chat", mask: Mask(.nucleus(0)))
        },
        Case("A mask's `relative` must be more than 0 and at most 1: 1.5 is not.") {
            try make("large", fallback: "chat", mask: Mask(.relative(1.5)))
        },
        Case(
            "A mask's token set must be part of the vocabulary and, where it forbids the other "
                + "tokens, not empty. List token ids of the members."
        ) { try make("large", mask: Mask(.tokens([]), .forbid)) },
        Case(
            "A formula must give at least one member a positive weight: with these parameters, none "
                + "has one. Change the formula or its parameters."
        ) { try make(-"large") },
        Case(
            "The draft member must be a member of the formula: `chat` is not. "
                + "Name one of its members under `draft:`, or leave it out."
        ) { try make("large", draft: "chat") },
        Case(
            "Every parameter of a formula needs a value: `beta` has none. "
                + "Give it a default in the recipe, or set it with `--set beta=…`."
        ) { try make(.parameter("beta") * "large") },
    ]

    @Test("what makes no composite is refused in a sentence", arguments: cases.indices)
    func whatMakesNoCompositeIsRefusedInASentence(index: Int) {
        let test = Self.cases[index]
        let error = #expect(throws: (any Error).self) { try test.make() }
        #expect(error.map { "\($0)" } == test.text)
    }

    @Test(
        "masks out of range are refused",
        arguments: [
            (Mask(.nucleus(.nan)), "nucleus"), (Mask(.relative(-0.1)), "relative"),
        ])
    func masksOutOfRangeAreRefused(mask: Mask, name: String) {
        let error = #expect(throws: CompositeError.self) {
            try Self.make("large", fallback: "chat", mask: mask)
        }
        guard case .maskOutOfRange(let named, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named == name)
    }

    @Test("tokens outside the vocabulary are no mask") func tokensOutsideTheVocabularyAreNoMask() {
        #expect(throws: CompositeError.maskTokens) {
            try Self.make("large", mask: Mask(.tokens([4]), .forbid))
        }
        #expect(throws: CompositeError.maskTokens) {
            try Self.make("large", fallback: "chat", mask: Mask(.tokens([-1])))
        }
    }

    @Test("values of requests are checked against the recipe")
    func valuesOfRequestsAreCheckedAgainstTheRecipe() throws {
        let composite = try Composite(
            members: [Self.member("large")], formula: .parameter("beta") * "large",
            parameters: [Self.beta])
        let unknown = #expect(throws: CompositeError.self) { try composite.resolve(["bata": 1]) }
        #expect(
            unknown?.description
                == "Only parameters that the formula uses can be set: `bata` is not one; it uses `beta`. "
                + "Did you mean `beta`?")
        #expect(throws: CompositeError.parameterOutOfRange(Self.beta, 2.6)) {
            try composite.resolve(["beta": 2.6])
        }
        #expect(throws: CompositeError.self) { try composite.resolve(["beta": .nan]) }
        #expect(throws: CompositeError.zeroFormula) { try composite.resolve(["beta": 0]) }
        let bare = try Composite(members: [Self.member("large")], formula: "large")
        let error = #expect(throws: CompositeError.self) { try bare.resolve(["x": 1]) }
        #expect(
            error?.description
                == "Only parameters that the formula uses can be set: `x` is not one; "
                + "it uses no parameters.")
    }

    @Test("a parameter that no formula uses cannot be set; one of the fallback or the mask can")
    func aParameterThatNoFormulaUsesCannotBeSet() throws {
        let parameters = ["unused", "beta", "lambda", "gamma"].map { Parameter($0, default: 0.5) }
        func scaled(_ name: String) -> Formula { .parameter(name) * "chat" }
        let composite = try Composite(
            members: [Self.member("large"), Self.member("chat")],
            formula: "large" + scaled("beta") - scaled("beta"), parameters: parameters,
            fallback: "large" + scaled("lambda") - scaled("lambda"),
            mask: Mask(.nucleus(0.9, of: "large" + scaled("gamma"))))
        #expect(
            throws: CompositeError.unknownParameter("unused", known: ["beta", "lambda", "gamma"])
        ) { try composite.resolve(["unused": 0.5]) }
        _ = try composite.resolve(["beta": 1, "lambda": 1, "gamma": 1])
        // A mask of the request's own may use others.
        let mask = Mask(.nucleus(0.9, of: "large" + scaled("unused")))
        _ = try composite.resolve(["unused": 0.7], mask: .mask(mask))
    }
}
