import AsyncHTTPClient
import Foundation
import NIOHTTP1
import RemoteBackend

/// Sends chats to an OpenAI-compatible endpoint.
struct EndpointClient: Sendable {
    let options: EndpointOptions
    private let key: String?
    private let exchange = HTTPExchange(.shared)

    /// - Throws: ``StudyError/missingKey(variable:)``.
    init(_ options: EndpointOptions) throws(StudyError) {
        self.options = options
        key = options.key.flatMap { ProcessInfo.processInfo.environment[$0] }
        if let variable = options.key, key ?? "" == "" { throw .missingKey(variable: variable) }
    }

    struct Message: Codable, Sendable, Equatable {
        var role: String
        var content: String
    }

    /// What came of one request.
    enum Outcome: Sendable, Equatable {
        case answer(String, promptTokens: Int, completionTokens: Int)
        /// Worth another try, after at least this many seconds if the server says so.
        case busy(reason: String, wait: Double?)
        /// Will be the same next time.
        case refused(status: Int)
        case unusable(reason: String)
    }

    private struct Body: Encodable {
        var model: String
        var messages: [Message]
        var temperature: Double
        var maxTokens: Int
    }

    private struct Completion: Decodable {
        struct Choice: Decodable {
            struct Message: Decodable { var content: String? }
            var message: Message
        }
        struct Usage: Decodable {
            var promptTokens: Int?
            var completionTokens: Int?
        }
        var choices: [Choice]
        var usage: Usage?
    }

    /// Asks once.
    ///
    /// - Throws: only `CancellationError`.
    func ask(_ messages: [Message]) async throws -> Outcome {
        let body = Body(
            model: options.model, messages: messages, temperature: options.temperature,
            maxTokens: options.maxTokens)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do {
            return outcome(
                try await exchange.send(
                    address, method: .POST, key: key, body: try encoder.encode(body),
                    until: .now + .seconds(options.timeout)))
        } catch is CancellationError {
            throw CancellationError()
        } catch is DeadlineExceeded {
            return .busy(reason: "no answer within \(options.timeout) s", wait: nil)
        } catch {
            return .busy(reason: "the connection failed", wait: nil)
        }
    }

    private var address: String {
        options.url + (options.url.hasSuffix("/") ? "" : "/") + "chat/completions"
    }

    private func outcome(_ answer: HTTPExchange.Answer) -> Outcome {
        let (status, data) = (answer.status, answer.body ?? Data())
        switch status {
        case 200: break
        case 408, 425, 429, 500...599:
            let wait = answer.headers.first(name: "retry-after").flatMap(Double.init)
            return .busy(reason: "status \(status)", wait: wait)
        case 401, 403, 404: return .refused(status: status)
        default: return .unusable(reason: "status \(status)\(explanation(data))")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let completion = try? decoder.decode(Completion.self, from: data),
            let content = completion.choices.first?.message.content
        else { return .busy(reason: "the answer is not a chat completion", wait: nil) }
        return .answer(
            content, promptTokens: completion.usage?.promptTokens ?? 0,
            completionTokens: completion.usage?.completionTokens ?? 0)
    }

    /// What an error's body says about itself, in a line of at most 200 characters, without the key; empty
    /// if nothing.
    private func explanation(_ data: Data) -> String {
        struct Body: Decodable {
            struct Problem: Decodable { var message: String }
            var error: Problem
        }
        guard let message = try? JSONDecoder().decode(Body.self, from: data).error.message else {
            return ""
        }
        let safe = key.map { message.replacing($0, with: "…") } ?? message
        let line = safe.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(200)
        return line.isEmpty ? "" : ": \(line)"
    }
}
