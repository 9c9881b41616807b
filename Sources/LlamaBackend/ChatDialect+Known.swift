extension ChatDialect {
    /// The dialects, by name.
    public static let known: [ChatDialect] = [
        chatML("chatml-roles"),
        chatML("qwen-2.5") {
            $0.defaultSystem =
                "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        },
        chatML("qwen-3") { $0.dropsThoughts = true },
        chatML("smollm-2") {
            $0.defaultSystem =
                "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
        },
        ChatDialect(
            name: "llama-2-chat", user: Turn("[INST] ", " [/INST]"), assistant: Turn(" ", " </s>"),
            system: .first(Turn("<<SYS>>\n", "\n<</SYS>>\n\n")), trims: [.user, .assistant],
            alternates: true, beginning: "<s>"),
        llama3("llama-3-instruct"),
        llama3("llama-3-instruct-always") { $0.alwaysReplies = true },
        llama3("llama-3.1-instruct") {
            $0.defaultSystem = ""
            $0.systemLead = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
        },
        llama3("llama-3.2-instruct") {
            $0.defaultSystem = ""
            $0.systemLead = "Cutting Knowledge Date: December 2023\nToday Date: \(today)\n\n"
        },
        ChatDialect(
            name: "gemma-it", user: Turn("<start_of_turn>user\n", "<end_of_turn>\n"),
            assistant: Turn("<start_of_turn>model\n", "<end_of_turn>\n"),
            trims: [.user, .assistant], alternates: true, reply: "<start_of_turn>model\n"),
        ChatDialect(
            name: "gemma-3-it", user: Turn("<start_of_turn>user\n", "<end_of_turn>\n"),
            assistant: Turn("<start_of_turn>model\n", "<end_of_turn>\n"),
            system: .before(Turn("", "\n\n")), trims: [.user, .assistant], alternates: true,
            reply: "<start_of_turn>model\n"),
        ChatDialect(
            name: "mistral-instruct-0.2", user: Turn("[INST] ", " [/INST]"),
            assistant: Turn("", "</s>"), alternates: true),
        ChatDialect(
            name: "mistral-instruct-v1", user: Turn(" [INST] ", " [/INST]"),
            assistant: Turn(" ", "</s>"), system: .first(Turn("", "\n\n")), alternates: true),
        ChatDialect(
            name: "mistral-instruct-v3", user: Turn("[INST] ", "[/INST]"),
            assistant: Turn(" ", "</s>"), system: .last(Turn("", "\n\n")), trims: [.assistant],
            alternates: true),
        ChatDialect(
            name: "mistral-instruct-v3-tekken", user: Turn("[INST]", "[/INST]"),
            assistant: Turn("", "</s>"), system: .last(Turn("", "\n\n")), alternates: true),
        ChatDialect(
            name: "mistral-instruct-v7", user: Turn("[INST] ", "[/INST]"),
            assistant: Turn(" ", "</s>"),
            system: .turn(Turn("[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]"))),
        ChatDialect(
            name: "phi-3-mini", user: Turn("<|user|>\n", "<|end|>\n<|assistant|>\n"),
            assistant: Turn("", "<|end|>\n")),
        roles("phi-3.5-mini", "<|", "|>\n", "<|end|>\n", reply: "<|assistant|>\n") {
            $0.dropsEmptySystem = true
            $0.end = "<|endoftext|>"
        },
        ChatDialect(
            name: "phi-4",
            user: Turn(
                "<|im_start|>user<|im_sep|>", "<|im_end|><|im_start|>assistant<|im_sep|>"),
            assistant: Turn("", "<|im_end|>"),
            system: .turn(Turn("<|im_start|>system<|im_sep|>", "<|im_end|>"))),
        roles("zephyr-beta", "<|", "|>\n", "</s>\n", reply: "<|assistant|>\n"),
        ChatDialect(
            name: "falcon-180b-chat", user: Turn("User: ", ""), assistant: Turn("Falcon: ", ""),
            system: .turn(Turn("System: ", "")), separator: "\n", reply: "\nFalcon:"),
        ChatDialect(
            name: "vicuna-1.1", user: Turn("USER: ", " "), assistant: Turn("ASSISTANT: ", "</s>"),
            system: .turn(Turn("", " ")),
            defaultSystem: "A chat between a curious user and an artificial intelligence "
                + "assistant. The assistant gives helpful, detailed, and polite answers to the "
                + "user's questions.",
            alternates: true, reply: "ASSISTANT:"),
        ChatDialect(
            name: "vicuna-lines", user: Turn("USER: ", "\n"),
            assistant: Turn("ASSISTANT: ", "</s>\n"), system: .turn(Turn("", "\n\n")),
            reply: "ASSISTANT:"),
        roles(
            "granite-3", "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>\n",
            reply: "<|start_of_role|>assistant<|end_of_role|>"),
        commandR("command-r-plus"),
    ]

    /// The dialect of a template's text, if it is one whose rendering is proven.
    ///
    /// What means nothing to Jinja does not matter: the last line break, the amount of white space inside
    /// tags, and whether a quoted line break is written as one or as `\n`.
    static func of(template text: String) -> ChatDialect? {
        let name = names[hash(canonical(text))]
        return known.first { $0.name == name }
    }

    /// Dialects by the hashes of the templates in Tests/Fixtures/templates.
    private static let names: [UInt64: String] = [
        0x88bf_4138_d5c8_26f0: "chatml-roles", 0x6f41_4264_d7db_11dd: "command-r-plus",
        0xb479_0feb_9157_bf2b: "falcon-180b-chat", 0xd19b_6ff3_a49d_eea5: "gemma-3-it",
        0x5c10_ee65_212d_93b3: "gemma-it", 0xe588_cc23_5683_2fab: "gemma-it",
        0x58f1_7402_8528_7dee: "granite-3", 0x77f5_2e84_41e4_e7e7: "llama-2-chat",
        0x0e60_067a_5537_498e: "llama-3-instruct", 0x7489_1e39_0e61_4ae2: "llama-3-instruct-always",
        0xaf82_3343_6a68_952e: "llama-3.1-instruct", 0x1a6d_a26e_3aef_1b34: "llama-3.2-instruct",
        0x8c73_4b90_b4f8_d84d: "mistral-instruct-0.2", 0xd99e_5b44_69be_13b3: "mistral-instruct-v1",
        0x09eb_1999_b1fc_f65f: "mistral-instruct-v3",
        0xf178_4176_fabc_eb43: "mistral-instruct-v3-tekken",
        0xe4a9_cc59_4604_808a: "mistral-instruct-v7", 0x4eba_e769_b67b_72f1: "phi-3-mini",
        0xcf27_8cde_387a_54c8: "phi-3.5-mini", 0xa0d4_6361_9fe9_6578: "phi-4",
        0x11d3_9475_5cef_9355: "qwen-2.5", 0xabb8_15b9_33a4_981a: "qwen-3",
        0x45ec_583d_4d25_bc3a: "smollm-2", 0x1bfa_5a88_9fa7_2b63: "vicuna-1.1",
        0x0b96_eede_f781_24fa: "vicuna-lines", 0x0a54_56af_1722_15a4: "zephyr-beta",
    ]

    /// FNV-1a, 64 bits.
    private static func hash(_ text: [UInt8]) -> UInt64 {
        text.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    // MARK: Kinds of dialects

    /// One turn for each role, which is named in its mark.
    private static func roles(
        _ name: String, _ start: String, _ middle: String, _ end: String, reply: String,
        _ change: (inout ChatDialect) -> Void = { _ in }
    ) -> ChatDialect {
        func turn(_ role: Role) -> Turn { Turn(start + role.rawValue + middle, end) }
        var dialect = ChatDialect(
            name: name, user: turn(.user), assistant: turn(.assistant),
            system: .turn(turn(.system)), reply: reply)
        change(&dialect)
        return dialect
    }

    private static func chatML(
        _ name: String, _ change: (inout ChatDialect) -> Void = { _ in }
    ) -> ChatDialect {
        roles(name, "<|im_start|>", "\n", "<|im_end|>\n", reply: "<|im_start|>assistant\n", change)
    }

    private static func llama3(
        _ name: String, _ change: (inout ChatDialect) -> Void = { _ in }
    ) -> ChatDialect {
        roles(
            name, "<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>",
            reply: "<|start_header_id|>assistant<|end_header_id|>\n\n"
        ) {
            $0.trims = Set(Role.allCases)
            change(&$0)
        }
    }

    private static func commandR(_ name: String) -> ChatDialect {
        func turn(_ role: String) -> Turn {
            Turn("<|START_OF_TURN_TOKEN|><|\(role)_TOKEN|>", "<|END_OF_TURN_TOKEN|>")
        }
        return ChatDialect(
            name: name, user: turn("USER"), assistant: turn("CHATBOT"),
            system: .turn(turn("SYSTEM")), trims: [.user, .assistant], alternates: true,
            reply: "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>")
    }
}
