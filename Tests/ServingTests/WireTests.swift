import ChatTemplates
import Foundation
import Hummingbird
import TestSupport
import Testing

@testable import Serving

/// The bytes of every kind of answer, long decimals rounded, are kept in Tests/ServingTests/Wire and compared whole.
@Suite(.timeLimit(.minutes(10))) struct WireTests {
    struct Exchange: CustomTestStringConvertible, Sendable {
        var name: String
        var uri: String
        var body: String?

        var testDescription: String { name }
    }

    static let chat = #""model": "eft", "messages": [{"role": "user", "content": "Hi"}], "seed": 7"#

    static let exchanges = [
        Exchange(
            name: "chat", uri: "/v1/chat/completions", body: "{\(chat), \"max_tokens\": 6}"),
        Exchange(
            name: "chat-logprobs", uri: "/v1/chat/completions",
            body: "{\(chat), \"max_tokens\": 2, \"logprobs\": true, \"top_logprobs\": 2, \"n\": 2}"),
        Exchange(
            name: "chat-stream", uri: "/v1/chat/completions",
            body: """
                {\(chat), "max_tokens": 3, "stream": true,
                 "stream_options": {"include_usage": true}}
                """),
        Exchange(
            name: "chat-attributions", uri: "/v1/chat/completions",
            body: """
                {\(chat), "max_tokens": 1,
                 "eft": {"attributions": true, "parameters": {"alpha": 1}, "speculation": 2}}
                """),
        Exchange(
            name: "completion", uri: "/v1/completions",
            body: #"{"model": "eft", "prompt": "abc", "max_tokens": 4, "seed": 7}"#),
        Exchange(
            name: "completion-echo", uri: "/v1/completions",
            body: """
                {"model": "eft", "prompt": [[97, 98, 99], [195, 169]], "max_tokens": 1, "echo": true,
                 "logprobs": 1, "temperature": 0}
                """),
        Exchange(
            name: "completion-scored", uri: "/v1/completions",
            body: """
                {"model": "eft", "prompt": "ab", "max_tokens": 0, "echo": true, "logprobs": 1}
                """),
        Exchange(
            name: "completion-stream", uri: "/v1/completions",
            body: """
                {"model": "eft", "prompt": ["ab", "cd"], "max_tokens": 2, "echo": true, "seed": 1,
                 "stream": true, "stream_options": {"include_usage": true}, "eft": {"mask": "none"}}
                """),
        Exchange(
            name: "response", uri: "/v1/responses",
            body: """
                {"model": "eft", "input": "Hi", "seed": 7, "max_output_tokens": 6, "instructions": "Be short.",
                 "metadata": {"a": "b"}}
                """),
        Exchange(
            name: "response-stream", uri: "/v1/responses",
            body: """
                {"model": "eft", "input": "Hi", "seed": 7, "max_output_tokens": 2, "stream": true}
                """),
        Exchange(
            name: "message", uri: "/v1/messages",
            body: "{\(chat), \"max_tokens\": 6, \"system\": \"Be short.\"}"),
        Exchange(
            name: "message-stream", uri: "/v1/messages",
            body: "{\(chat), \"max_tokens\": 2, \"stream\": true}"),
        Exchange(
            name: "message-error", uri: "/v1/messages", body: #"{"model": "eft", "messages": []}"#),
        Exchange(
            name: "count-tokens", uri: "/v1/messages/count_tokens",
            body: #"{"messages": [{"role": "user", "content": "Hi"}]}"#),
        Exchange(name: "models", uri: "/v1/models"),
        Exchange(
            name: "tokenize", uri: "/tokenize",
            body: #"{"prompt": "h\u00e9", "return_token_strs": true}"#),
        Exchange(name: "detokenize", uri: "/detokenize", body: #"{"tokens": [104, 105, 257]}"#),
        Exchange(name: "error", uri: "/v1/chat/completions", body: #"{"model": "eft"}"#),
    ]

    @Test("answers are those on file, byte for byte", arguments: exchanges)
    func answersAreThoseOnFileByteForByte(_ exchange: Exchange) async throws {
        let answer = try await TestServer().test { client in
            if let body = exchange.body { return try await client.post(exchange.uri, body) }
            return try await client.get(exchange.uri)
        }
        let text =
            "\(answer.status) \(answer.headers[.contentType] ?? "")\n"
            + answer.text
            .replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "UUID")
            .replacing(/"(created|created_at|completed_at)":\d+/) { "\"\($0.output.1)\":0" }
            // The last digits depend on the processor.
            .replacing(/-?\d+\.\d{4,}/) { String(format: "%.3f", Double($0.output) ?? 0) } + "\n"
        let file = RepositoryFiles.path("Tests/ServingTests/Wire/\(exchange.name).txt")
        if ProcessInfo.processInfo.environment["EFT_RECORD"] != nil {
            try Data(text.utf8).write(to: URL(filePath: file))
            Issue.record("recorded \(file): look at it, and run again without EFT_RECORD")
            return
        }
        #expect(try text == String(contentsOfFile: file, encoding: .utf8))
    }
}
