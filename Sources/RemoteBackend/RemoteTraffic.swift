/// What went over the network so far.
public struct RemoteTraffic: Sendable, Equatable {
    /// Attempts that were sent.
    public var requests = 0
    /// Those among them that repeated an earlier one.
    public var repeated = 0
    /// Bytes of the requests' bodies.
    public var sent = 0
    /// Bytes of the answers' bodies.
    public var received = 0

    public init() {}
}
