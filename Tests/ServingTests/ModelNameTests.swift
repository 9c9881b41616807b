import ChatTemplates
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing

@testable import Serving

/// Which recipe a request means, and by which routes and keys it comes in.
@Suite(.timeLimit(.minutes(10))) struct ModelNameTests {
    static func completion(_ model: String?) -> String {
        let model = model.map { "\"model\": \"\($0)\", " } ?? ""
        return "{\(model)\"prompt\": \"x\", \"max_tokens\": 1}"
    }

    @Test("the only recipe answers to any name and to none, and says its own")
    func theOnlyRecipeAnswersToAnyNameAndToNone() async throws {
        try await TestServer().test { client in
            for model in ["eft", "gpt-4o", "", nil] {
                let answer = try await client.post("/v1/completions", Self.completion(model))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.json["model"].string == "eft")
            }
            let chat = try await client.post(
                "/v1/chat/completions",
                #"{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}"#)
            #expect(chat.status == 200)
            let tokens = try await client.post("/tokenize", #"{"model": "gpt-4o", "prompt": "a"}"#)
            #expect(tokens.status == 200)
            // What there is stays the truth.
            #expect(try await client.get("/v1/models/gpt-4o").status == 404)
        }
    }

    @Test("of several recipes one is named; so is the only one, where the server is strict")
    func ofSeveralRecipesOneIsNamed() async throws {
        for server in [
            try TestServer(names: ["eft", "other"]),
            try TestServer(options: ServerOptions(isStrict: true)),
        ] {
            try await server.test { client in
                #expect(
                    try await client.post("/v1/completions", Self.completion("eft")).status == 200)
                let other = try await client.post("/v1/completions", Self.completion("gpt-4o"))
                #expect(other.status == 404)
                #expect(other.json["error"]["code"].string == "model_not_found")
                let none = try await client.post("/v1/completions", Self.completion(nil))
                #expect(none.status == 400, "\(none.text)")
                #expect(none.json["error"]["param"].string == "model")
                #expect(none.json["error"]["code"].string == "missing_required_parameter")
            }
        }
    }

    @Test("aliases are names of a recipe, also where there are several")
    func aliasesAreNamesOfARecipe() async throws {
        let server = try TestServer(names: ["eft", "other"], aliases: ["gpt-4o", "small"])
        try await server.test { client in
            // Both recipes are of the same models here, so only one of them replies.
            for name in ["eft", "eft-gpt-4o", "eft-small"] {
                let answer = try await client.post("/v1/completions", Self.completion(name))
                #expect(answer.json["model"].string == "eft", "\(answer.text)")
            }
            for (name, model) in [("eft", "eft"), ("eft-gpt-4o", "eft"), ("other-small", "other")] {
                let card = try await client.get("/v1/models/\(name)")
                #expect(card.json["id"].string == name && card.json["root"].string == model)
            }
            let cards = try await client.get("/v1/models").json["data"].list
            #expect(
                cards.map { $0["id"].string } == [
                    "eft", "eft-gpt-4o", "eft-small", "other", "other-gpt-4o", "other-small",
                ])
        }
    }

    @Test("routes are there without the version, too")
    func routesAreThereWithoutTheVersionToo() async throws {
        try await TestServer().test { client in
            for (path, body) in [
                ("/chat/completions", ServerTests.chat()), ("/completions", Self.completion("eft")),
            ] {
                var body = body
                body.removeLast()
                body += path == "/completions" ? ", \"seed\": 1}" : "}"
                let short = try await client.post(path, body)
                let long = try await client.post("/v1" + path, body)
                #expect(short.status == 200, "\(short.text)")
                #expect(short.json["choices"] == long.json["choices"])
            }
            for path in ["/models", "/models/eft"] {
                let short = try await client.get(path)
                #expect(short.status == 200)
                #expect(try await client.get("/v1" + path).text == short.text)
            }
        }
    }

    @Test("a key may come as other clients send it")
    func aKeyMayComeAsOtherClientsSendIt() async throws {
        let options = ServerOptions(keys: ["first-key", "second-key"])
        try await TestServer(options: options).test { client in
            for name in ["api-key", "x-api-key", "X-API-Key"] {
                let field = try #require(HTTPField.Name(name))
                for (key, status) in [("second-key", 200), ("third-key", 401), ("", 401)] {
                    let answer = try await client.get("/v1/models", headers: [field: key])
                    #expect(answer.status == status, "\(name): \(key)")
                }
                // One that is right is enough.
                let both = try await client.get(
                    "/v1/models", headers: [field: "first-key", .authorization: "Bearer x"])
                #expect(both.status == 200)
            }
            // A key is no password of another scheme.
            let basic = try await client.get(
                "/v1/models", headers: [.authorization: "Basic first-key"])
            #expect(basic.status == 401)
        }
    }
}
