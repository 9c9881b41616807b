/// What a server allows its clients.
public struct ServerOptions: Sendable, Equatable {
    /// Keys that clients may show; empty: anyone is let in.
    public var keys: [String]
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
        keys: [String] = [], isStrict: Bool = false, bodyLimit: Int = 4 << 20,
        readTimeout: Duration = .seconds(30), replyTimeout: Duration = .seconds(600),
        connections: Int = 1024
    ) {
        self.keys = keys
        self.isStrict = isStrict
        self.bodyLimit = bodyLimit
        self.readTimeout = readTimeout
        self.replyTimeout = replyTimeout
        self.connections = connections
    }
}
