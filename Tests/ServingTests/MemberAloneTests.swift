import ChatTemplates
import EmulatedFineTuning
import Hummingbird
import JSONValues
import LlamaBackend
import TestSupport
import Testing

@testable import Serving

/// `eft.only`: a member answers alone.
@Suite(.timeLimit(.minutes(10))) struct MemberAloneTests {
    static func chat(_ eft: String) -> String {
        """
        {"model": "eft", "messages": [{"role": "user", "content": "Hi"}], "seed": 7, "eft": \(eft)}
        """
    }

    @Test("a member alone says what the engine says with its name as the formula")
    func aMemberAloneSaysWhatTheEngineSays() async throws {
        let server = try TestServer()
        for name in ["large", "chat", "small"] {
            let answer = try await server.test { client in
                try await client.post("/v1/chat/completions", Self.chat(#"{"only": "\#(name)"}"#))
            }
            var request = try server.server.deployments[0].request(for: [
                .init(role: "user", content: "Hi")
            ])
            request.seed = 7
            request.formula = .member(name)
            var text = ""
            for try await event in server.engine.generate(request) {
                switch event {
                case .token(let token): text += token.text
                case .finished(let result): text += result.text
                }
            }
            #expect(!text.isEmpty)
            #expect(answer.json["choices"][0]["message"]["content"].string == text)
        }
    }

    @Test("only the member that answers is asked")
    func onlyTheMemberThatAnswersIsAsked() async throws {
        let server = try TestServer()
        try await server.test { client in
            _ = try await client.post("/v1/chat/completions", Self.chat(#"{"only": "large"}"#))
        }
        #expect(await server.large.passes.count > 0)
        #expect(await server.small.passes.isEmpty)
        #expect(await server.chat.passes.isEmpty)
    }

    @Test("a server that keeps its members refuses, and lists none")
    func aServerThatKeepsItsMembersRefusesAndListsNone() async throws {
        try await TestServer(servesMembers: false).test { client in
            let answer = try await client.post(
                "/v1/chat/completions", Self.chat(#"{"only": "large"}"#))
            #expect(answer.status == 400)
            #expect(answer.json["error"]["param"].string == "eft.only")
            #expect(answer.text.contains("There are none here"))
            let card = try await client.get("/v1/models/eft").json["eft"]
            #expect(card["alone"].list.isEmpty)
            #expect(card["members"].list.count == 3)
        }
    }

    @Test("a stream with attributions ends with what the reply took")
    func aStreamWithAttributionsEndsWithWhatTheReplyTook() async throws {
        try await TestServer().test { client in
            let answer = try await client.post(
                "/v1/chat/completions",
                """
                {"model": "eft", "messages": [{"role": "user", "content": "Hi"}], "seed": 7,
                 "stream": true, "ignore_eos": true, "logprobs": true, "top_logprobs": 3,
                 "eft": {"attributions": true, "speculation": 3}}
                """)
            let choices = answer.events.map { $0["choices"][0] }
            let tokens = choices.flatMap { $0["eft"]["attributions"].list }
            let statistics = try #require(choices.last?["eft"]["statistics"])
            #expect(statistics["generated_tokens"].int == tokens.count)
            let accepted = tokens.count {
                $0["drafted"] == .flag(true) && $0["agrees"] == .flag(true)
            }
            #expect(statistics["accepted"].int == accepted)
            #expect((statistics["rounds"].int ?? 0) + accepted == tokens.count)
            for token in tokens {
                #expect(token["top"].list.count == 3)
                #expect(token["top"][0]["members"]["large"].double != nil)
            }
        }
    }
}
