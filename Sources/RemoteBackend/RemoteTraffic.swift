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

    public static func + (a: RemoteTraffic, b: RemoteTraffic) -> RemoteTraffic {
        var sum = a
        sum.requests += b.requests
        sum.repeated += b.repeated
        sum.sent += b.sent
        sum.received += b.received
        return sum
    }

    public static func - (a: RemoteTraffic, b: RemoteTraffic) -> RemoteTraffic {
        var difference = a
        difference.requests -= b.requests
        difference.repeated -= b.repeated
        difference.sent -= b.sent
        difference.received -= b.received
        return difference
    }
}
