/// The site that a page belongs to, as browsers name it in `Origin`: scheme, host and port (RFC 6454).
public struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    private let scheme: String
    private let host: HostName
    private let port: Int?

    /// - Parameter text: such as `https://app.example.org` or `http://localhost:3000`, without a path.
    /// - Returns: nil when it is no origin. `null`, which a browser sends for a file or a sandboxed frame,
    ///   names no site.
    public init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        guard let mark = text.firstRange(of: "://"),
            let authority = Authority(text[mark.upperBound...]),
            let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            text[..<mark.lowerBound].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }
            )
        else { return nil }
        scheme = String(text[..<mark.lowerBound])
        host = authority.host
        port = authority.port == Self.defaultPorts[scheme] ? nil : authority.port
    }

    private static let defaultPorts = ["http": 80, "https": 443]

    /// Whether a page of this origin that asks `authority` asks its own server.
    ///
    /// The scheme is the page's: behind a proxy that speaks TLS, this server cannot know it.
    func isServed(by authority: Authority) -> Bool {
        guard let standard = Self.defaultPorts[scheme] else { return false }
        return host == authority.host && (port ?? standard) == (authority.port ?? standard)
    }

    public var description: String {
        var written = "\(host)"
        if case .address(let address) = host, address.contains(":") { written = "[\(address)]" }
        return "\(scheme)://\(written)" + (port.map { ":\($0)" } ?? "")
    }
}

/// The sites, other than the one that is served, whose pages may use a server.
public enum AllowedOrigins: Sendable, Equatable {
    case any
    case only(Set<WebOrigin>)

    /// Whether pages of an origin are among them.
    ///
    /// - Parameter origin: nil: the page has none, and only ``any`` takes it.
    func contains(_ origin: WebOrigin?) -> Bool {
        switch self {
        case .any: true
        case .only(let origins): origin.map(origins.contains) ?? false
        }
    }
}
