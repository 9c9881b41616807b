/// What a server allows its clients.
public struct ServerOptions: Sendable, Equatable {
    /// Keys that clients may show; empty: anyone is let in.
    public var keys: [String]
    /// Names by which the server may be asked without a key, beside `localhost` and the address where it
    /// listens.
    public var allowedHosts: Set<HostName>
    /// Sites whose pages may use the server.
    public var allowedOrigins: AllowedOrigins
    /// Whether a request must name one of the models, and fields that have no effect are refused even
    /// if they would not change the reply.
    public var isStrict: Bool
    /// Maximum size of a request's body, in bytes.
    public var bodyLimit: Int
    /// Time for a client to send its request, and between requests on one connection.
    public var readTimeout: Duration
    /// Time for a reply, from its request on.
    public var replyTimeout: Duration
    /// Connections at once; others wait to be accepted.
    public var connections: Int

    public init(
        keys: [String] = [], allowedHosts: Set<HostName> = [],
        allowedOrigins: AllowedOrigins = .only([]), isStrict: Bool = false,
        bodyLimit: Int = 4 << 20,
        readTimeout: Duration = .seconds(30), replyTimeout: Duration = .seconds(600),
        connections: Int = 1024
    ) {
        self.keys = keys
        self.allowedHosts = allowedHosts
        self.allowedOrigins = allowedOrigins
        self.isStrict = isStrict
        self.bodyLimit = bodyLimit
        self.readTimeout = readTimeout
        self.replyTimeout = replyTimeout
        self.connections = connections
    }
}
