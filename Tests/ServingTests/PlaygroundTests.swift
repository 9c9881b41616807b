import ChatTemplates
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing

@testable import Serving

/// The page's files; what it does in a browser is tested by Tests/browser.
@Suite(.timeLimit(.minutes(10))) struct PlaygroundTests {
    @Test("the page needs no key, the API does")
    func thePageNeedsNoKeyTheAPIDoes() async throws {
        try await TestServer(options: ServerOptions(keys: ["secret"])).test { client in
            for file in Playground.files {
                let status = try await client.get(file.path).status
                #expect(status == 200, "\(file.path)")
            }
            for uri in ["/v1/models", "/metrics", "/playground", "/playground/", "//"] {
                let status = try await client.get(uri).status
                #expect(status == 401, "\(uri)")
            }
            let status = try await client.post("/", "{}").status
            #expect(status != 200)
        }
    }

    @Test("every file is sent with its type, to be used by its own page only")
    func everyFileIsSentWithItsTypeToBeUsedByItsOwnPageOnly() async throws {
        try await TestServer().test { client in
            for file in Playground.files {
                let answer = try await client.get(file.path)
                let type = answer.headers[.contentType] ?? ""
                let expected = [
                    "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
                    "svg": "image/svg+xml", "/": "text/html; charset=utf-8",
                ]
                let ending = file.path.split(separator: ".").last.map(String.init) ?? ""
                #expect(expected[ending] == type)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                let policy = answer.headers[.contentSecurityPolicy] ?? ""
                for rule in [
                    "default-src 'none'", "script-src 'self'", "style-src 'self'",
                    "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
                    "frame-ancestors 'none'", "require-trusted-types-for 'script'",
                ] {
                    #expect(policy.split(separator: "; ").contains { $0 == rule }, "\(rule)")
                }
                #expect(!policy.contains("unsafe") && !policy.contains("*"))
            }
        }
    }

    @Test("the files refer to each other, all of them, and to nothing else")
    func theFilesReferToEachOtherAllOfThemAndToNothingElse() async throws {
        try await TestServer().test { client in
            var referred: Set = ["/"]
            for file in Playground.files {
                let text = try await client.get(file.path).text
                for match in text.matches(of: /(?:src|href)="([^"]*)"/) {
                    referred.insert(String(match.output.1))
                }
                for match in text.matches(of: /from "\.\/([^"]*)"/) {
                    referred.insert("/playground/\(match.output.1)")
                }
                // The name of SVG's namespace is no address.
                let addresses = text.replacing("http://www.w3.org/2000/svg", with: "")
                #expect(!addresses.contains("http://") && !addresses.contains("https://"))
                for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"] {
                    #expect(!text.contains(word), "\(file.path): \(word)")
                }
            }
            #expect(referred == Set(Playground.files.map(\.path)))
        }
    }
}
