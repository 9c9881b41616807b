import JSONValues

/// A field of another server's API that this server ignores, and the values that would not change the
/// reply anyway. A request with one of these values is accepted. Any other value is refused.
enum UnkeptField: Sendable {
    /// No value has an effect on the reply.
    case withoutEffect
    /// These values ask for what happens anyway, without the field. So does `null`.
    case neutral([JSON])
    /// These values, and the value of another field of the same object.
    case neutralOrEqual([JSON], to: String)
    /// Every value would have an effect.
    case refused

    /// Whether a value would change nothing.
    func accepts(_ value: JSON, beside field: (String) -> JSON?) -> Bool {
        switch self {
        case .withoutEffect: true
        case .neutral(let values): values.contains { $0.means(value) }
        case .neutralOrEqual(let values, let other):
            values.contains { $0.means(value) } || field(other)?.means(value) == true
        case .refused: value == .null
        }
    }
}

extension JSON {
    /// Whether two values are the same to a reader: `1` and `1.0` are.
    fileprivate func means(_ other: JSON) -> Bool {
        if let number = double, let value = other.double { return number == value }
        return self == other
    }
}

extension UnkeptField {
    private static let no = UnkeptField.neutral([.flag(false)])
    private static let yes = UnkeptField.neutral([.flag(true)])
    private static let either = UnkeptField.neutral([.flag(false), .flag(true)])
    private static let zero = UnkeptField.neutral([.integer(0)])
    private static let one = UnkeptField.neutral([.integer(1)])
    private static let noText = UnkeptField.neutral([.text("")])
    private static let noList = UnkeptField.neutral([.array([])])
    private static let noObject = UnkeptField.neutral([.object([])])

    /// Fields of chats and completions that have no effect.
    private static let generation: [String: UnkeptField] = [
        // OpenAI
        "metadata": .withoutEffect,
        "prompt_cache_key": .withoutEffect,
        "prompt_cache_retention": .withoutEffect,
        "safety_identifier": .withoutEffect,
        "service_tier": .neutral([.text("auto"), .text("default")]),
        "store": no,
        // vLLM
        "allowed_token_ids": .refused,
        "bad_words": noList,
        "cache_salt": .withoutEffect,
        "detokenize": yes,
        "early_stopping": no,
        "guided_decoding_backend": .withoutEffect,
        "include_stop_str_in_output": no,
        "length_penalty": one,
        "logits_processors": noList,
        "min_tokens": zero,
        "priority": zero,
        "prompt_logprobs": .refused,
        "request_id": .withoutEffect,
        "return_token_ids": no,
        "skip_special_tokens": yes,
        "spaces_between_special_tokens": either,
        "stop_token_ids": noList,
        "truncate_prompt_tokens": .refused,
        "use_beam_search": no,
        // llama-server
        "cache_prompt": either,
        "dry_multiplier": zero,
        "dynatemp_range": zero,
        "id_slot": .withoutEffect,
        "mirostat": zero,
        "n_probs": zero,
        "return_progress": no,
        "return_tokens": no,
        "timings_per_token": no,
        "top_n_sigma": .neutral([.integer(-1), .integer(0)]),
        "typical_p": one,
        "xtc_probability": zero,
    ]

    /// Fields of `POST /v1/chat/completions` that have no effect.
    static let chat = generation.merging([
        "add_generation_prompt": yes,
        "add_special_tokens": no,
        "audio": .refused,
        "chat_template": .refused,
        "continue_final_message": no,
        "documents": noList,
        "echo": no,
        "function_call": .neutral([.text("none"), .text("auto")]),
        "functions": noList,
        "include_reasoning": either,
        "mm_processor_kwargs": noObject,
        "modalities": .neutral([.array([.text("text")])]),
        "prediction": .refused,
        "reasoning_effort": .refused,
        "return_tokens_as_token_ids": no,
        "verbosity": .neutral([.text("medium")]),
        "web_search_options": .refused,
    ]) { $1 }

    /// Of `POST /v1/responses`.
    static let responses = generation.merging([
        "background": no,
        "context_management": noList,
        "conversation": .refused,
        "image": .refused,
        "include": noList,
        "max_tool_calls": .withoutEffect,
        "moderation": .refused,
        "prompt": .refused,
        "prompt_cache_options": .withoutEffect,
        "top_logprobs": zero,
        "truncation": .neutral([.text("disabled")]),
    ]) { $1 }

    /// Of `reasoning` in `POST /v1/responses`.
    static let reasoning: [String: UnkeptField] = [
        "context": .refused,
        "effort": .refused,
        "generate_summary": .refused,
        "mode": .refused,
        "summary": .refused,
    ]

    /// Of `text` in `POST /v1/responses`.
    static let textOptions: [String: UnkeptField] = ["verbosity": .neutral([.text("medium")])]

    /// Of an item of `input`.
    static let inputItem: [String: UnkeptField] = [
        "id": .withoutEffect,
        "phase": .withoutEffect,
        "status": .withoutEffect,
    ]

    /// Of an item of thoughts.
    static let reasoningItem = inputItem.merging(["encrypted_content": noText]) { $1 }

    /// Of a tool in `POST /v1/responses`.
    static let responsesTool: [String: UnkeptField] = [
        "allowed_callers": .neutral([.array([.text("direct")])]),
        "defer_loading": no,
        "output_schema": .refused,
    ]

    /// Of a part of an item's content.
    static let inputPart: [String: UnkeptField] = [
        "annotations": noList,
        "logprobs": .withoutEffect,
        "prompt_cache_breakpoint": .withoutEffect,
    ]

    /// Of `POST /v1/messages`, and of `count_tokens`.
    static let messages: [String: UnkeptField] = [
        "cache_control": .withoutEffect,
        "container": .refused,
        "context_management": noObject,
        "diagnostics": .withoutEffect,
        "inference_geo": .refused,
        "mcp_servers": noList,
        "metadata": .withoutEffect,
        "output_config": noObject,
        "service_tier": .neutral([.text("auto"), .text("standard_only")]),
        "speed": .neutral([.text("standard")]),
        "thinking": .neutral([type("disabled")]),
        "user_profile_id": .withoutEffect,
        "workspace_id": .withoutEffect,
    ]

    /// An object that has a `type` and nothing else.
    private static func type(_ name: String) -> JSON {
        .object([JSON.Entry(key: "type", value: .text(name))])
    }

    /// Of a tool in `POST /v1/messages`.
    static let messagesTool: [String: UnkeptField] = [
        "allowed_callers": .neutral([.array([.text("direct")])]),
        "cache_control": .withoutEffect,
        "defer_loading": no,
        "eager_input_streaming": either,
        "input_examples": noList,
    ]

    /// Of a block of a tool's call, or of what it returned.
    static let toolBlock: [String: UnkeptField] = [
        "cache_control": .withoutEffect,
        "caller": .neutral([type("direct")]),
    ]

    /// Of a block of thoughts.
    static let thoughtBlock: [String: UnkeptField] = ["signature": .withoutEffect]

    /// Of a block of text in `POST /v1/messages`.
    static let block: [String: UnkeptField] = [
        "cache_control": .withoutEffect,
        "citations": noList,
    ]

    /// Fields of `POST /v1/completions` that have no effect.
    static let completion = generation.merging([
        "best_of": .neutralOrEqual([.integer(1)], to: "n"),
        "prompt_embeds": .refused,
        "suffix": noText,
    ]) { $1 }

    /// Fields of `POST /apply-template` that have no effect.
    static let applyTemplate: [String: UnkeptField] = [
        "chat_template": .refused,
        "continue_final_message": no,
    ]

    /// Fields of `POST /tokenize` that have no effect.
    static let tokenize: [String: UnkeptField] = [
        "chat_template": .refused,
        "continue_final_message": no,
        "mm_processor_kwargs": noObject,
    ]

    /// Fields of a message that have no effect.
    static let message: [String: UnkeptField] = [
        "annotations": noList,
        "audio": .refused,
        "cache_control": .withoutEffect,
        "copilot_cache_control": .withoutEffect,
        "function_call": .refused,
        "name": .withoutEffect,
        "prefix": no,
        "provider_specific_fields": .withoutEffect,
        "reasoning": noText,
        "reasoning_details": noList,
        "refusal": noText,
    ]

    /// Fields of `structured_outputs` that have no effect.
    static let structuredOutputs: [String: UnkeptField] = [
        "disable_additional_properties": no,
        "disable_any_whitespace": no,
        "disable_fallback": .withoutEffect,
        "structural_tag": .refused,
        "whitespace_pattern": .refused,
    ]

    /// Fields of a part of a message's content that have no effect.
    static let part: [String: UnkeptField] = [
        "annotations": noList,
        "cache_control": .withoutEffect,
        "file": .refused,
        "image_url": .refused,
        "input_audio": .refused,
        "refusal": .refused,
    ]
}
