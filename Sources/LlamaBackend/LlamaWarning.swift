/// Something that libllama warned about while it loaded a model, an adapter or a context.
public enum LlamaWarning: Sendable, Equatable, Hashable {
    /// The file does not say how text is cut before it is tokenized: what libllama assumes.
    case missingPreTokenizer(assumed: String)
    /// A special token's id is not in the vocabulary. Gives the key, the id, and the id used instead.
    case badSpecialToken(key: String, id: String, instead: String?)
    /// Marks that the file does not call control tokens, but that libllama treats as such.
    case uncontrolledMarks([String])
    /// Tensors that libllama does not use.
    case unusedTensors([String])
    /// Anything else, in libllama's words.
    case other(String)
    /// The same of several tensors, whose names are left out: the words, and of how many.
    case repeated(String, count: Int)
}

extension LlamaWarning: CustomStringConvertible {
    /// What was found and what to do: a sentence that begins after the name of the file.
    public var description: String {
        switch self {
        case .missingPreTokenizer(let assumed):
            "the file does not say how text is cut into tokens (`tokenizer.ggml.pre` is missing). "
                + "libllama assumes `\(assumed)`. If that is wrong, replies get worse. "
                + "Convert the model again with a current convert_hf_to_gguf.py."
        case .badSpecialToken(let key, let id, let instead):
            "`\(key)` is \(id), which is not a token of the vocabulary; "
                + (instead.map { "libllama uses \($0) instead" } ?? "libllama uses none")
                + ". Correct it with gguf-py's gguf_set_metadata.py, or convert the model again."
        case .uncontrolledMarks(let marks):
            "the file calls \(Self.listed(marks)) ordinary text; libllama takes "
                + (marks == ["</s>"]
                    ? "it for a control token. In files of Qwen and Gemma it is an HTML tag, and nothing is wrong."
                    : (marks.count == 1
                        ? "it for a control token. If it is a mark"
                        : "them for control tokens. If they are marks")
                        + " of the chat, others may be typed wrongly, too: convert the model again.")
        case .unusedTensors(let names):
            "libllama ignores the "
                + (names.count == 1 ? "tensor" : "\(names.count) tensors")
                + " \(Self.listed(names)) of this file. Replies may be worse, unless this is an "
                + "optional extra, such as layers for multi-token prediction."
        case .other(let line):
            "libllama says: \(line)"
        case .repeated(let line, let count):
            "libllama says of \(count) tensors: \(line)"
        }
    }

    private static func listed(_ names: [String]) -> String {
        let most = 4
        return names.prefix(most).map { "`\($0)`" }.joined(separator: ", ")
            + (names.count > most ? " and \(names.count - most) more" : "")
    }
}

extension LlamaWarning {
    /// The warnings in lines of libllama's log, each once.
    static func warnings(in lines: [String]) -> [LlamaWarning] {
        var warnings: [LlamaWarning] = []
        var marks: [String] = []
        var tensors: [String] = []
        var others: [String: (place: Int, lines: Set<String>)] = [:]
        for line in lines.map(LlamaLog.withoutFunction) {
            if let found = line.firstMatch(of: /missing pre-tokenizer type, using: '(.*)'/) {
                warnings.append(.missingPreTokenizer(assumed: String(found.1)))
            } else if let found = line.firstMatch(
                of: /bad special token: '(.*)' = (\d+), using default id (-?\d+)/)
            {
                let instead = found.3.hasPrefix("-") ? nil : String(found.3)
                warnings.append(
                    .badSpecialToken(key: String(found.1), id: String(found.2), instead: instead))
            } else if let found = line.firstMatch(of: /control-looking token: +\d+ '(.*)' was not/)
            {
                marks.append(String(found.1))
            } else if let found = line.firstMatch(of: /model has unused tensor (.*) \(size =/) {
                tensors.append(String(found.1))
            } else if !isNoise(line) {
                let words = line.replacing(/'[\w.]+\.(?:weight|bias)'/, with: "'…'")
                guard var known = others[words] else {
                    others[words] = (warnings.count, [line])
                    warnings.append(.other(line))
                    continue
                }
                known.lines.insert(line)
                others[words] = known
                if known.lines.count > 1 {
                    warnings[known.place] = .repeated(words, count: known.lines.count)
                }
            }
        }
        // libllama goes through its vocabulary in no order.
        if !marks.isEmpty { warnings.append(.uncontrolledMarks(Set(marks).sorted())) }
        if !tensors.isEmpty { warnings.append(.unusedTensors(tensors)) }
        return warnings
    }

    /// Whether a line says nothing by itself: frames of others, and what was asked for.
    private static func isNoise(_ line: String) -> Bool {
        let says = line.filter { $0 != "*" && !$0.isWhitespace }
        return says.isEmpty || Self.expected.contains(where: line.contains)
    }

    /// Parts of lines that tell a person nothing new.
    private static let expected = [
        // They follow "missing pre-tokenizer type".
        "GENERATION QUALITY WILL BE DEGRADED", "CONSIDER REGENERATING THE MODEL",
        // The cache of sliding windows is asked for, so that sequences can be cut back.
        "using full-size SWA cache",
        // The cells of all sequences together: one sequence holds no more than the model was trained on.
        "possible training context overflow",
    ]
}
