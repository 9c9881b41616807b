import EmulatedFineTuning
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// `eft.prompts`, `negative_prompt` and `eft.drafts`.
@Suite struct MemberPromptFieldsTests {
    static let chat =
        #""messages": [{"role": "user", "content": "Hi"}], "max_tokens": 12, "seed": 1"#
    static let text = #""prompt": "Hi", "max_tokens": 12, "seed": 1"#

    /// The text after each member's prompt in the caches, as the passes show it.
    static func read(_ model: TableModel) async -> String {
        let tokens = await model.passes.flatMap(\.extensions).flatMap(\.tokens)
        return String(decoding: tokens.prefix(400).compactMap { UInt8(exactly: $0) }, as: UTF8.self)
    }

    @Test(
        "a member reads its own prompt, and the others the request's",
        arguments: [
            (#""eft": {"prompts": {"small": "Bye"}}"#, "user: Bye"),
            (
                #""eft": {"prompts": {"small": [{"role": "user", "content": "Go"}]}}"#, "user: Go"
            ),
            (#""eft": {"prompts": {"small": {"system": "Sir"}}}"#, "system: Sir"),
            (#""negative_prompt": "No""#, "system: No"),
        ])
    func aMemberReadsItsOwnPrompt(field: String, text: String) async throws {
        let server = try TestServer(negativePrompt: "small")
        try await server.test { client in
            let answer = try await client.post("/v1/chat/completions", "{\(Self.chat), \(field)}")
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(await Self.read(server.small).contains(text))
        #expect(await Self.read(server.large).contains("user: Hi"))
        #expect(!(await Self.read(server.large).contains(text)))
    }

    @Test("completions give members texts")
    func completionsGiveMembersTexts() async throws {
        let server = try TestServer(negativePrompt: "small")
        try await server.test { client in
            let body = "{\(Self.text), \"eft\": {\"prompts\": {\"chat\": \"abc\"}}}"
            let own = try await client.post("/v1/completions", body)
            #expect(own.status == 200, "\(own.text)")
            let negative = "{\(Self.text), \"negative_prompt\": \"xyz\"}"
            let other = try await client.post("/v1/completions", negative)
            #expect(other.status == 200, "\(other.text)")
        }
        #expect(await Self.read(server.chat).contains("abc"))
        #expect(await Self.read(server.small).contains("xyz"))
    }

    @Test(
        "what cannot be kept is refused, and the field is named",
        arguments: [
            (#""eft": {"prompts": {"nobody": "x"}}"#, "eft.prompts"),
            (#""eft": {"prompts": {"small": 1}}"#, "eft.prompts.small"),
            (#""eft": {"prompts": {"small": []}}"#, "eft.prompts.small"),
            (#""eft": {"prompts": {"small": {"template": "x"}}}"#, "eft.prompts.small.template"),
            (#""eft": {"prompts": {"small": {}}}"#, "eft.prompts.small"),
            (#""eft": {"prompts": "x"}"#, "eft.prompts"),
            (#""negative_prompt": "x""#, "negative_prompt"),
            (#""eft": {"drafts": "chat"}"#, "eft.drafts"),
            (#""eft": {"drafts": []}"#, "eft.drafts"),
            (#""eft": {"drafts": ["lookup", 1]}"#, "eft.drafts"),
        ])
    func whatCannotBeKeptIsRefused(field: String, name: String) async throws {
        try await TestServer().test { client in
            let answer = try await client.post("/v1/chat/completions", "{\(Self.chat), \(field)}")
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["error"]["param"].string == name)
        }
    }

    @Test("a long prompt of a member is refused before it is read")
    func aLongPromptOfAMemberIsRefusedBeforeItIsRead() async throws {
        let server = try TestServer()
        try await server.test { client in
            let long = String(repeating: "a", count: 10_000)
            let answer = try await client.post(
                "/v1/chat/completions",
                "{\(Self.chat), \"eft\": {\"prompts\": {\"small\": \"\(long)\"}}}")
            #expect(answer.status == 400)
            #expect(answer.json["error"]["code"].string == "context_length_exceeded")
        }
        #expect(await server.small.passes.isEmpty)
    }

    @Test("sources of proposals change no reply, and are counted")
    func sourcesOfProposalsChangeNoReplyAndAreCounted() async throws {
        try await TestServer().test { client in
            var texts: Set<String?> = []
            for drafts in [#""lookup""#, #"["member", "lookup"]"#, #""member""#, "null"] {
                let answer = try await client.post(
                    "/v1/completions",
                    """
                    {"prompt": "ab ab ab ab ab ab", "max_tokens": 60, "seed": 5, "ignore_eos": true,
                     "temperature": 0,
                     "eft": {"speculation": 4, "attributions": true, "drafts": \(drafts)}}
                    """)
                texts.insert(answer.json["choices"][0]["text"].string)
                let statistics = answer.json["choices"][0]["eft"]["statistics"]
                let drafted = ["grammar", "lookup", "member"].map {
                    statistics["sources"][$0]["drafted"].int ?? 0
                }
                #expect(drafted.reduce(0, +) == statistics["drafted"].int)
                if drafts == #""lookup""# { #expect(drafted[2] == 0) }
                if drafts == #""member""# { #expect(drafted[1] == 0 && drafted[2] > 0) }
            }
            #expect(texts.count == 1)
        }
    }
}
