import EmulatedFineTuning
import Foundation
import LlamaBackend
import TestSupport
import Testing

/// Chats as Jinja writes them (Tests/Fixtures/templates/record.py), and as this program does.
@Suite struct TemplateFixtureTests {
    struct Recording: Decodable {
        struct Message: Decodable {
            var role: String
            var content: String
        }

        struct Template: Decodable {
            var bos: String
            var texts: [String: String?]
        }

        var chats: [String: [Message]]
        var templates: [String: Template]

        static func read() throws -> Recording {
            let path = RepositoryFiles.path("Tests/Fixtures/templates/expected.json")
            let data = try Data(contentsOf: URL(filePath: path))
            return try JSONDecoder().decode(Recording.self, from: data)
        }

        func messages(_ chat: String) -> [ChatMessage] {
            (chats[chat] ?? []).map { ChatMessage(role: $0.role, content: $0.content) }
        }
    }

    static func text(_ name: String) throws -> String {
        try String(
            contentsOfFile: RepositoryFiles.path("Tests/Fixtures/templates/\(name).jinja"),
            encoding: .utf8)
    }

    /// Templates whose rendering nobody has shown to be written here, and libllama's guess.
    static let refused = ["qwq": "chatml"]

    static let names = [
        "atlas", "chatml", "command-r", "falcon-180b", "gemma", "gemma2", "gemma3", "granite3",
        "llama2",
        "llama3", "llama3-conditional", "llama3.1", "llama3.2", "mistral-0.2-first", "mistral-v1",
        "mistral-v3",
        "mistral-v3-tekken", "mistral-v7", "phi3-mini", "phi3.5-mini", "phi4", "qwen2.5", "qwen3",
        "smollm2",
        "vicuna", "vicuna-1.1", "zephyr",
    ]

    /// Chats that a template writes and this program refuses, because something of them gets lost:
    /// a system message (phi3-mini), or that no reply follows (qwen3).
    static func isRefused(_ chat: [ChatMessage], _ template: String) -> Bool {
        switch template {
        case "phi3-mini": chat.contains { $0.role == "system" }
        case "qwen3": chat.last?.role == "assistant"
        default: false
        }
    }

    /// A test that runs over midnight may fail.
    static var today: String {
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.dateFormat = "dd MMM yyyy"
        return form.string(from: Date())
    }

    @Test("every recorded template is tried") func everyRecordedTemplateIsTried() throws {
        let recorded = try Recording.read().templates.keys
        #expect(recorded.sorted() == (Self.names + Self.refused.keys).sorted())
    }

    @Test(
        "what means nothing to Jinja does not matter",
        arguments: [
            ("' '  + content", "' ' + content"), ("{% endif %}", "{%\n  endif\t%}"),
            ("\\n", "\n"), ("{% set", "{%  set"),
        ])
    func whatMeansNothingToJinjaDoesNotMatter(_ part: String, _ other: String) throws {
        let text = try Self.text("llama2")
        let changed = text.replacing(part, with: other)
        #expect(changed != text)
        #expect(try ChatTemplate(changed).dialectName == "llama-2-chat")
        #expect(try ChatTemplate(changed + "\r\n").dialectName == "llama-2-chat")
    }

    @Test(
        "what is written makes another template",
        arguments: [
            ("' [/INST]'", "'  [/INST]'"), ("' [/INST]'", "'[/INST]'"), ("{{ bos", "{{- bos"),
            ("{% endif %}", "{% endif %} "), ("{% if messages[0]", " {% if messages[0]"),
            ("{% endfor %}", "{% endfor %} "), ("{% endfor %}", "{% endfor %}\n\n\n"),
            ("\\n<</SYS>>", "\\t<</SYS>>"),
            ("content.strip()", "content"), ("[INST] '", "[INST] \\''"),
        ])
    func whatIsWrittenMakesAnotherTemplate(_ part: String, _ other: String) throws {
        let text = try Self.text("llama2")
        let changed = text.replacing(part, with: other, maxReplacements: 1)
        #expect(changed != text)
        let dialect = try? ChatTemplate(changed).dialectName
        #expect(dialect != "llama-2-chat")
    }

    @Test("a known template is written byte for byte as Jinja writes it", arguments: names)
    func aKnownTemplateIsWrittenByteForByteAsJinjaWritesIt(_ name: String) throws {
        let recording = try Recording.read()
        let expected = try #require(recording.templates[name])
        let template = try ChatTemplate(Self.text(name))
        let dialect = try #require(template.dialectName)
        #expect(try ChatTemplate(dialect) == template)
        var written = 0
        for chat in recording.chats.keys.sorted() {
            let messages = recording.messages(chat)
            let text = try? template.render(
                messages, addingReply: messages.last?.role != "assistant")
            guard let wanted = expected.texts[chat] ?? nil,
                !Self.isRefused(messages, name)
            else {
                #expect(text == nil, "\(name), \(chat)")
                continue
            }
            // The tokenizer adds the BOS token.
            let bare =
                wanted.hasPrefix(expected.bos) ? wanted.dropFirst(expected.bos.count) : wanted[...]
            // `strftime_now` was recorded as the form it was asked for.
            let dated = bare.replacing("<%d %b %Y>", with: Self.today)
            #expect(text.map { Array($0.utf8) } == Array(dated.utf8), "\(name), \(chat)")
            written += 1
        }
        #expect(written >= 5)
    }

    @Test("where libllama's own template differs is known")
    func whereLibllamasOwnTemplateDiffersIsKnown() throws {
        let recording = try Recording.read()
        var different: [String: [String]] = [:]
        for (name, builtin) in [
            "chatml": "chatml", "gemma2": "gemma", "llama2": "llama2-sys-strip", "llama3": "llama3",
            "qwen2.5": "chatml", "zephyr": "zephyr", "vicuna": "vicuna", "mistral-v1": "mistral-v1",
            "mistral-v3": "mistral-v3", "phi4": "phi4",
        ] {
            let expected = try #require(recording.templates[name])
            let template = try ChatTemplate(builtin)
            different[name] = try recording.chats.keys.sorted().filter { chat in
                guard let wanted = expected.texts[chat] ?? nil else { return false }
                let messages = recording.messages(chat)
                let text = try template.render(
                    messages, addingReply: messages.last?.role != "assistant")
                return expected.bos + text != wanted && text != wanted
            }
        }
        #expect(different["chatml"] == [])
        #expect(different["vicuna"] == [])
        #expect(different["gemma2"] == ["unicode spaces"])
        #expect(different["qwen2.5"]?.contains("question") == true)
        #expect(different["llama2"]?.contains("turns") == true)
        #expect(different["llama2"]?.contains("system") == false)
        #expect(different["llama3"] == ["answered", "system and answered", "unicode spaces"])
        #expect(different["mistral-v3"]?.contains("system and turns") == true)
        #expect(different["phi4"]?.isEmpty == false)
        #expect(different["zephyr"]?.isEmpty == false)
    }

    @Test("a template that is not known is refused, with libllama's guess and the remedy")
    func aTemplateThatIsNotKnownIsRefused() throws {
        for (name, guess) in Self.refused {
            let text = try Self.text(name)
            let error = try #require(throws: LlamaError.self) { try ChatTemplate(text) }
            #expect(
                error == .unprovenChatTemplate(text, resembles: guess, names: ChatTemplate.names))
            #expect(error.description.contains("Set `prompt:` in the recipe"))
            #expect(error.description.contains("libllama takes it for `\(guess)`"))
        }
        let changed = try Self.text("llama3.1").replacing("26 Jul 2024", with: "27 Jul 2024")
        #expect(throws: LlamaError.self) { try ChatTemplate(changed) }
    }

    @Test("line ends and white space around a template do not matter")
    func lineEndsAndWhiteSpaceAroundATemplateDoNotMatter() throws {
        let text = try Self.text("qwen2.5")
        let other = text.replacing("\n", with: "\r\n")
        #expect(try ChatTemplate(other).dialectName == "qwen-2.5")
    }

    @Test("a message that spells marks is written as any other, in every dialect", arguments: names)
    func aMessageThatSpellsMarksIsWrittenAsAnyOther(_ name: String) throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny"))
        let template = try ChatTemplate(Self.text(name))
        for content in [" <|im_end|>\n", "\u{a0}<|im_end|> x", "<think>a</think>\n\n<|im_end|> b "]
        {
            let messages = [
                ChatMessage(role: "user", content: content),
                ChatMessage(role: "assistant", content: content),
                ChatMessage(role: "user", content: content),
            ]
            let tokens = try template.encode(
                messages, with: weights.tokenizer, vocabulary: weights.vocabulary)
            let bytes = tokens.flatMap { weights.vocabulary.tokens[$0].bytes }
            #expect(try bytes == Array(template.render(messages).utf8), "\(name) \(content)")
            let own = try template.render([ChatMessage(role: "user", content: "x")])
            if !own.contains("<|im_end|>") { #expect(!tokens.contains(266)) }
        }
    }
}
