import NIOCore

/// A host as a URL or a `Host` header names it: a name or an IP address, in one form for all its spellings.
///
/// ```swift
/// HostName("LOCALHOST.") == HostName("localhost")
/// HostName("0:0:0:0:0:0:0:1") == HostName("::1")
/// ```
public enum HostName: Hashable, Sendable, CustomStringConvertible {
    /// In lower case, without the dot that may end it.
    case name(String)
    /// An IP address as the system writes it, without zone and brackets.
    case address(String)

    /// - Parameter text: a name or an address, without scheme and port. An IPv6 address may stand in
    ///   brackets, and may have a zone, which only means something on one machine.
    /// - Returns: nil when it is no host.
    public init?(_ text: some StringProtocol) {
        var text = text.lowercased()
        if text.hasPrefix("["), text.hasSuffix("]") {
            text = String(text.dropFirst().dropLast())
            guard text.contains(":") else { return nil }
        } else if text.hasSuffix(".") {
            text.removeLast()
        }
        if text.contains(":") {
            let bare = text.prefix { $0 != "%" }
            guard let address = Self.canonical(bare) else { return nil }
            self = .address(address)
        } else if let address = Self.canonical(text[...]) {
            self = .address(address)
        } else {
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            guard !labels.contains(""), text.utf8.count <= 253, text.utf8.allSatisfy(Self.isOfName)
            else { return nil }
            self = .name(text)
        }
    }

    /// An IP address in the form in which the system writes it. An IPv4 address inside an IPv6 one
    /// (`::ffff:127.0.0.1`) is the IPv4 one: connections to both end at the same socket.
    private static func canonical(_ text: Substring) -> String? {
        let address = try? SocketAddress(ipAddress: String(text), port: 0)
        guard let written = address?.ipAddress else { return nil }
        let mapped = "::ffff:"
        guard written.hasPrefix(mapped), written.contains(".") else { return written }
        return String(written.dropFirst(mapped.count))
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Whether only this machine answers to it, wherever it is asked: `localhost` and names under it
    /// (RFC 6761), 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        switch self {
        case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .address(let address): address == "::1" || address.hasPrefix("127.")
        }
    }

    /// Whether it stands for every address of a machine, where a server listens.
    var isUnspecified: Bool { self == .address("0.0.0.0") || self == .address("::") }

    public var description: String {
        switch self {
        case .name(let name): name
        case .address(let address): address
        }
    }
}

/// A host and perhaps a port: the value of a `Host` header.
struct Authority: Hashable {
    var host: HostName
    var port: Int?

    /// - Returns: nil when the text is no host with or without a port.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        // The colons of an IPv6 address stand in brackets.
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : nil
        let colon = text[(end ?? text.startIndex)...].firstIndex(of: ":")
        let name = text[..<(colon ?? text.endIndex)]
        guard !name.contains(":") || end != nil, let host = HostName(name) else { return nil }
        self.host = host
        guard let colon else { return }
        let digits = text[text.index(after: colon)...]
        // `example.org:` has no port.
        guard !digits.isEmpty else { return }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), port <= 65535
        else { return nil }
        self.port = port
    }
}
