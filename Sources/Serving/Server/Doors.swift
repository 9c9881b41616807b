import Foundation
import HTTPTypes
import Hummingbird

/// Which requests a server without a key lets in, so that no page of another site can use it through
/// the browser of someone who can reach it.
///
/// - A page of another site sends its `Origin`.
/// - A page whose site changed its address to this machine's (DNS rebinding) is of the same origin for
///   the browser, but sends the name of its site as `Host`.
///
/// Where a key is needed, it is what such a page lacks, and all requests may come to it.
/// `X-Forwarded-Host` plays no part: anyone can send it. `/health` is open to everyone: load balancers
/// ask for it under names of their own, and it says and costs nothing.
struct Doors: Sendable {
    private let needsKey: Bool
    private let bound: HostName?
    private let machine: Set<HostName>
    private let allowedHosts: Set<HostName>
    private let allowedOrigins: AllowedOrigins

    /// - Parameters:
    ///   - options: the keys, and the names and origins that are let in besides.
    ///   - host: where the server listens.
    ///   - machine: the machine's own name.
    init(
        _ options: ServerOptions, boundTo host: String,
        machine: @autoclosure () -> String = ProcessInfo.processInfo.hostName
    ) {
        needsKey = !options.keys.isEmpty
        bound = HostName(host)
        allowedHosts = options.allowedHosts
        allowedOrigins = options.allowedOrigins
        guard !needsKey, bound?.isUnspecified == true else {
            self.machine = []
            return
        }
        let name = machine()
        let names = [name[...], name.prefix { $0 != "." }]
        self.machine = Set(names.compactMap { HostName($0) })
    }

    private static let openPath = "/health"

    /// Why a request is not let in; nil: it is.
    func refusal(of request: Request) -> DoorRefusal? {
        // The first is the authority. A proxy and this server must not take different ones.
        guard request.headers["Host"] == nil else { return .severalHosts }
        guard request.uri.path != Self.openPath else { return nil }
        let authority = request.head.authority.flatMap { Authority($0) }
        // No browser leaves it out; HTTP/1.0 and some tools do.
        if !needsKey, let host = request.head.authority, authority.map(\.host).map(answers) != true
        {
            return .host(host, bound: bound)
        }
        let origins = request.headers[values: .origin]
        guard !origins.isEmpty else { return refusal(ofFetch: request) }
        for text in origins {
            let origin = WebOrigin(text)
            if allowedOrigins.contains(origin) { continue }
            if let origin, let authority, origin.isServed(by: authority) { continue }
            if !needsKey { return .origin(text) }
            if request.isPreflight { return .preflight(text) }
        }
        return nil
    }

    /// A page of another site need not send its origin with what it does not read, such as an image. Most
    /// browsers say then whose page it is. A link to a page of this server is no such thing.
    private func refusal(ofFetch request: Request) -> DoorRefusal? {
        guard !needsKey, allowedOrigins != .any,
            let site = request.headers["Sec-Fetch-Site"],
            ["cross-site", "same-site"].contains(site)
        else { return nil }
        let isLink =
            [.get, .head].contains(request.method)
            && request.headers["Sec-Fetch-Mode"] == "navigate"
            && request.headers["Sec-Fetch-Dest"] == "document"
        return isLink ? nil : .crossSite(site)
    }

    private func answers(to host: HostName) -> Bool {
        if host.isLoopback || host == bound || allowedHosts.contains(host) { return true }
        guard bound?.isUnspecified == true else { return false }
        // An address cannot be made to lead elsewhere, a name can.
        if case .address = host { return true }
        return machine.contains(host)
    }
}

extension Request {
    /// Whether a browser asks if a page may send a request (CORS).
    var isPreflight: Bool {
        method == .options && headers.contains(.origin)
            && headers.contains(.accessControlRequestMethod)
    }
}

extension HTTPFields {
    /// A field by a name that `HTTPField.Name` does not list.
    subscript(name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set { if let name = HTTPField.Name(name) { self[name] = newValue } }
    }
}
