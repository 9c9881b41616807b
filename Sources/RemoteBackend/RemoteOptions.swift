import Foundation

/// Where a remote model is, and how to speak with its server.
public struct RemoteOptions: Sendable, Equatable {
    /// The server's kind: its `/v1/completions` scores chosen tokens of given prompts.
    public enum Server: String, Sendable, Equatable, CaseIterable {
        /// vLLM 0.32 or newer: `vllm serve MODEL`.
        case vllm
        /// Another `eft serve`: a recipe's name is the model.
        case eft
    }

    public var server: Server
    /// The server's address, without the path `/v1`: `https://host:8000`.
    public var url: String
    /// The name under which the server serves the model.
    public var model: String
    /// Sent as `Authorization: Bearer KEY`; nil: none.
    public var key: RemoteKey?
    /// A PEM file of certificate authorities to trust instead of the system's.
    public var authorities: String?
    /// Tokens that one sequence can hold; nil: what the server allows, at most 8192.
    public var context: Int?
    /// Sequences that can be held at once.
    public var sequences: Int
    /// Time for an answer, from its first attempt to its last.
    public var timeout: Duration
    public var retries: RetryPolicy

    public init(
        _ server: Server, url: String, model: String, key: RemoteKey? = nil,
        authorities: String? = nil, context: Int? = nil, sequences: Int = 1,
        timeout: Duration = .seconds(120), retries: RetryPolicy = RetryPolicy()
    ) {
        self.server = server
        self.url = url
        self.model = model
        self.key = key
        self.authorities = authorities
        self.context = context
        self.sequences = sequences
        self.timeout = timeout
        self.retries = retries
    }

    /// The address that paths are added to.
    ///
    /// - Throws: ``RemoteError/badAddress(_:)``, which does not repeat what may be a password.
    func base() throws(RemoteError) -> String {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https"
        else { throw .badAddress("it is not an address like https://host:8000") }
        guard parts.user == nil, parts.password == nil else {
            throw .badAddress("it contains a name or password")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw .badAddress("it contains a query or a fragment")
        }
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        if base.hasSuffix("/v1") { base.removeLast("/v1".count) }
        return base
    }
}

/// A secret that lets its holder use a server. It never appears in any description.
public struct RemoteKey: Sendable, Equatable {
    let secret: String

    public init(_ secret: String) { self.secret = secret }
}

extension RemoteKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(secret)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// When to ask again: exponential backoff with full jitter.
///
/// Before attempt n a random time is waited, of at most `first` · 2ⁿ⁻² and never more than `longest`; a
/// server's own `Retry-After` counts instead, as far as the time for an answer allows.
///
/// Source: AWS Architecture Blog, "Exponential Backoff and Jitter" (full jitter).
public struct RetryPolicy: Sendable, Equatable {
    /// Maximum number of attempts, including the first.
    public var attempts: Int
    public var first: Duration
    public var longest: Duration

    public init(
        attempts: Int = 5, first: Duration = .milliseconds(250), longest: Duration = .seconds(8)
    ) {
        self.attempts = attempts
        self.first = first
        self.longest = longest
    }

    /// The longest time to wait after this many attempts.
    func bound(after attempts: Int) -> Duration {
        min(longest, first * (1 << min(max(0, attempts - 1), 20)))
    }

    /// A time to wait after this many attempts.
    func delay(after attempts: Int) -> Duration { bound(after: attempts) * .random(in: 0...1) }
}
