import HTTPTypes

/// Why a request is not let in by ``Doors``.
enum DoorRefusal: Equatable, Sendable {
    /// It has more than one `Host` header.
    case severalHosts
    /// It is for a name that this server does not go by.
    case host(String, bound: HostName?)
    /// A page of another origin sends it.
    case origin(String)
    /// A page of another site has it sent, without saying which: the value of `Sec-Fetch-Site`.
    case crossSite(String)
    /// The browser asks whether a page of another origin may send a request. There is a key.
    case preflight(String)

    /// What refusals are told apart by in the log.
    enum Kind { case severalHosts, host, origin, crossSite, preflight }

    var kind: Kind {
        switch self {
        case .severalHosts: .severalHosts
        case .host: .host
        case .origin: .origin
        case .crossSite: .crossSite
        case .preflight: .preflight
        }
    }

    var error: APIError {
        switch self {
        case .severalHosts:
            APIError(.badRequest, "A request must have one `Host` header: this one has several.")
        case .host(let host, let bound):
            APIError(
                .forbidden, Self.wrongHost(host, bound), code: "host_not_allowed")
        case .origin(let origin), .preflight(let origin):
            APIError(.forbidden, wrongOrigin(origin), code: "origin_not_allowed")
        case .crossSite(let site):
            APIError(
                .forbidden,
                "Without an API key this server takes no requests from pages of other sites: the browser "
                    + "says that this one is from such a page (`Sec-Fetch-Site: \(site)`). If you trust the "
                    + "page, start the server with `--allow-origin` and the page's origin, and let the page "
                    + "use fetch().",
                code: "origin_not_allowed")
        }
    }

    private static func wrongHost(_ host: String, _ bound: HostName?) -> String {
        var names = ["`localhost`", "loopback addresses"]
        if let bound, !bound.isLoopback {
            names.append(bound.isUnspecified ? "other IP addresses" : "`\(bound)`")
        }
        let name = Authority(host).map { "\($0.host)" } ?? "NAME"
        return "Without an API key this server answers only requests for "
            + names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
            + ": this one is for `\(host.shown)`. If that is a name of this server, start it with "
            + "`--allow-host \(name.shown)`, or give it an API key."
    }

    private func wrongOrigin(_ origin: String) -> String {
        let rule =
            kind == .preflight
            ? "Pages of other sites can use this server only if their origin is allowed"
            : "Without an API key this server takes no requests from pages of other sites"
        guard let known = WebOrigin(origin) else {
            return rule
                + ": this one is from a page that has no origin (`Origin: \(origin.shown)`), such as "
                + "a file. Serve the page over HTTP, and start the server with `--allow-origin` and the "
                + "page's origin."
        }
        return rule
            + ": this one is from `\(known.description.shown)`. If you trust that site, start the "
            + "server with `--allow-origin \(known.description.shown)`."
    }
}

extension String {
    /// The text for a message or the log: not too long, and printable ASCII only.
    fileprivate var shown: String {
        String(
            prefix(100).map {
                $0.isASCII && !$0.isNewline && $0 >= " " && $0 != "\u{7f}" ? $0 : "?"
            })
    }
}
