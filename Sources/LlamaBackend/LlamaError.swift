/// Why a model, an adapter, a tokenizer or a chat template could not be used.
public enum LlamaError: Error, Sendable, Equatable {
    // MARK: Files

    /// Nothing is at the path.
    case fileNotFound(path: String)
    /// The path is a directory or a device.
    case notAFile(path: String)
    /// The file cannot be opened: what the system said.
    case unreadable(path: String, reason: String)
    /// The file has no bytes.
    case emptyFile(path: String)
    /// The file starts with other bytes than `GGUF`.
    case notGGUF(path: String, start: String)
    /// The file ends before its tensors do; both in bytes.
    case truncated(path: String, expected: Int, actual: Int)
    /// The file's header does not parse: what libllama said.
    case brokenHeader(path: String, reason: String)
    /// The file is a valid GGUF file of another kind: an adapter given as a model, or the reverse.
    case wrongKind(path: String, wanted: String, found: String)
    /// The file is a part of a split model, but not the first.
    case notFirstPart(path: String, first: String)

    // MARK: Models

    /// This build of libllama does not know the architecture.
    case unsupportedArchitecture(path: String, architecture: String)
    /// The model does not predict a next token from the tokens before it.
    case notADecoder(path: String, reason: String)
    /// The file carries no tokenizer, or one that lacks tokens it needs.
    case noTokenizer(path: String, reason: String)
    /// libllama refused the model: what it said.
    case loadFailed(path: String, reason: String)
    /// libllama refused to make a context: what it said.
    case contextFailed(path: String, reason: String)
    /// libllama refused the adapter: what it said.
    case adapterFailed(path: String, reason: String)
    /// The models need more memory than is free; in bytes.
    case notEnoughMemory([MemoryNeed], available: Int, device: String)
    /// An option is outside its range: the rule, and what was received.
    case invalidOption(String)
    /// An option asks for an accelerator, but none was found.
    case noAccelerator(wanted: String, devices: [String])

    // MARK: Text

    /// The text is longer than the tokenizer can count; in bytes.
    case textTooLong(bytes: Int)
    /// The model carries no chat template.
    case noChatTemplate(model: String)
}

extension LlamaError: CustomStringConvertible {
    public var description: String {
        fileDescription ?? modelDescription ?? textDescription
    }

    private var fileDescription: String? {
        switch self {
        case .fileNotFound(let path):
            "A model is a GGUF file, but there is no file at `\(path)`. "
                + "Check the path; relative paths start at the file that names them."
        case .notAFile(let path):
            "A model is a GGUF file, but `\(path)` is a folder or a device. "
                + "Name the .gguf file itself; of a split model, its first part."
        case .unreadable(let path, let reason):
            "The file `\(path)` cannot be read: \(reason). Check its permissions."
        case .emptyFile(let path):
            "A model is a GGUF file, but `\(path)` is empty. Download it again."
        case .notGGUF(let path, let start):
            "A model is a GGUF file and starts with `GGUF`, but `\(path)` starts with `\(start)`. "
                + "Convert the model with llama.cpp's convert_hf_to_gguf.py, or download a GGUF."
        case .truncated(let path, let expected, let actual):
            "The file `\(path)` is incomplete: its header promises \(expected) bytes, it has "
                + "\(actual). Download it again."
        case .brokenHeader(let path, let reason):
            "The header of `\(path)` cannot be read: \(reason). "
                + "The file is incomplete or damaged: download it again."
        case .wrongKind(let path, let wanted, let found):
            "The file `\(path)` must be \(wanted), but it is \(found). "
                + "In a recipe, models go under `file:` and LoRA adapters under `lora:`."
        case .notFirstPart(let path, let first):
            "A split model is named by its first part, but `\(path)` is a later one. "
                + "Name `\(first)`; the other parts are found in the same folder."
        default: nil
        }
    }

    private var modelDescription: String? {
        switch self {
        case .unsupportedArchitecture(let path, let architecture):
            "The model `\(path)` has the architecture `\(architecture)`, which this build of "
                + "libllama (\(LlamaRuntime.version)) does not know. Build against a newer one."
        case .notADecoder(let path, let reason):
            "A member must predict the next token from the tokens before it, but `\(path)` "
                + "\(reason). Use a text-generation model."
        case .noTokenizer(let path, let reason):
            "A model file must contain its tokenizer, but `\(path)` \(reason). "
                + "Convert the model again, with its tokenizer files in the same folder."
        case .loadFailed(let path, let reason):
            "libllama could not load `\(path)`: \(reason)."
        case .contextFailed(let path, let reason):
            "libllama could not make a context for `\(path)`: \(reason)."
        case .adapterFailed(let path, let reason):
            "libllama could not load the adapter `\(path)`: \(reason). "
                + "An adapter fits only the base model it was trained on."
        case .notEnoughMemory(let needs, let available, let device):
            MemoryNeed.description(of: needs, on: device)
                + ", and \(bytes(available)) are free. Use a smaller quantisation, a smaller "
                + "`context` or `sequences`, or a smaller cache type (`q8_0`)"
                + (needs.count > 1
                    ? "; or put a member elsewhere: on an accelerator (`gpu_layers`), or the "
                        + "largest on a server (`engine: vllm`)."
                    : ".")
        case .invalidOption(let reason):
            "An option is out of range: \(reason)."
        case .noAccelerator(let wanted, let devices):
            "\(wanted), but this build of libllama finds "
                + (devices.isEmpty ? "none" : "only \(devices.joined(separator: ", "))")
                + ". Leave the option out, or build libllama for your accelerator."
        default: nil
        }
    }

    private var textDescription: String {
        switch self {
        case .textTooLong(let bytes):
            "A text can have at most \(Int32.max) bytes, but this one has \(bytes). Split it."
        case .noChatTemplate(let model):
            "The model `\(model)` has no chat template; base models usually have none. "
                + "Name one (such as `chatml`), or use `plain` or `raw`."
        default: "Unknown error."
        }
    }
}

/// What a model needs, in an error.
public struct MemoryNeed: Sendable, Equatable {
    /// The member's name, or its file.
    public var name: String
    public var estimate: MemoryEstimate

    public init(name: String, estimate: MemoryEstimate) {
        self.name = name
        self.estimate = estimate
    }

    static func description(of needs: [MemoryNeed], on device: String) -> String {
        let total = MemoryEstimate.clamped(needs.reduce(0) { $0 + Double($1.estimate.total) })
        guard needs.count > 1 else {
            return needs.map {
                "`\($0.name)` needs about \(bytes(total)) of memory on \(device) (\($0.estimate))"
            }.joined()
        }
        let list = needs.map { "`\($0.name)` \(bytes($0.estimate.total)) (\($0.estimate))" }
        return "The members together need about \(bytes(total)) of memory on \(device): "
            + list.joined(separator: ", ")
    }
}

/// A number of bytes in readable form: `1.5 GiB`.
func bytes(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] {
        if value < 1024 || unit == "PiB" {
            let tenths = (value * 10).rounded() / 10
            return unit == "bytes" ? "\(count) bytes" : "\(tenths) \(unit)"
        }
        value /= 1024
    }
    return "\(count) bytes"
}
