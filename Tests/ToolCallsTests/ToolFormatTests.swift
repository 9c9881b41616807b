import ChatTemplates
import Foundation
import Testing
import ToolCalls

/// Templates that setup-llama keeps of llama.cpp's source.
@Suite struct ToolFormatTests {
    static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/.llama/templates"

    static func format(_ file: String) throws -> ToolFormat? {
        let text = try String(contentsOfFile: "\(folder)/\(file).jinja", encoding: .utf8)
        let marks = ["bos_token": "<s>", "eos_token": "</s>"]
        return ToolFormat(
            of: try ChatTemplate(jinja: text, marks: marks),
            ends: ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "</s>"])
    }

    static func object(_ opening: String, _ closing: String, list: Bool = false) -> ToolFormat {
        ToolFormat(
            opening: opening, closing: closing,
            body: .object(nameKey: "name", argumentsKey: "arguments", isList: list))
    }

    static let llama = ToolFormat(
        opening: "", closing: "",
        body: .object(nameKey: "name", argumentsKey: "parameters", isList: false))
    static let arguments = ToolFormat(
        opening: "[TOOL_CALLS]", closing: "", body: .named(separator: "[ARGS]"))

    static let formats: [(file: String, format: ToolFormat)] = [
        ("Apriel-1.6-15b-Thinker-fixed", object("<tool_calls>", "</tool_calls>", list: true)),
        ("Bielik-11B-v3.0-Instruct", object("<tool_call>", "</tool_call>")),
        ("MiMo-VL", object("<tool_call>", "</tool_call>")),
        ("NVIDIA-Nemotron-Nano-v2", object("<TOOLCALL>", "</TOOLCALL><SPECIAL_12>", list: true)),
        ("NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", object("<tool_call>", "</tool_call>")),
        ("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", object("<tool_call>", "</tool_call>")),
        ("Qwen-QwQ-32B", object("<tool_call>", "</tool_call>")),
        ("Qwen-Qwen2.5-7B-Instruct", object("<tool_call>", "</tool_call>")),
        ("Qwen-Qwen3-0.6B", object("<tool_call>", "</tool_call>")),
        ("ibm-granite-granite-4.0", object("<tool_call>", "</tool_call>")),
        ("ibm-granite-granite-4.1", object("<tool_call>", "</tool_call>")),
        (
            "meetkai-functionary-medium-v3.1",
            ToolFormat(
                opening: "<function=", closing: "</function>", body: .named(separator: ">"))
        ),
        ("meta-llama-Llama-3.1-8B-Instruct", llama),
        ("meta-llama-Llama-3.2-3B-Instruct", llama),
        ("meta-llama-Llama-3.3-70B-Instruct", llama),
        ("mistralai-Ministral-3-14B-Reasoning-2512", arguments),
        ("mistralai-Mistral-Nemo-Instruct-2407", object("[TOOL_CALLS]", "", list: true)),
        ("unsloth-mistral-Devstral-Small-2507", arguments),
    ]

    @Test("how a model calls tools is learned of its template", arguments: formats.indices)
    func howAModelCallsToolsIsLearnedOfItsTemplate(index: Int) throws {
        let (file, format) = Self.formats[index]
        #expect(try Self.format(file) == format, "\(file)")
    }

    @Test(
        "templates without tools, and calls that are no JSON, have no format",
        arguments: [
            "google-gemma-2-2b-it", "microsoft-Phi-3.5-mini-instruct", "Qwen3-Coder", "GLM-4.6",
            "llama-cpp-rwkv-world", "moonshotai-Kimi-K2", "upstage-Solar-Open-100B",
        ])
    func templatesWithoutToolsHaveNoFormat(file: String) throws {
        #expect(try Self.format(file) == nil)
    }
}
