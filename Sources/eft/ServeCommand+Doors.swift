import ArgumentParser
import Serving

/// `--allow-host` and `--allow-origin`.
extension ServeCommand {
    var allowedHosts: Set<HostName> {
        get throws {
            Set(
                try allowHost.map { text in
                    guard let host = HostName(text) else {
                        throw ValidationError(
                            "--allow-host takes the name of a host, such as eft.example.org, without scheme "
                                + "and port: received `\(text)`.")
                    }
                    return host
                })
        }
    }

    var allowedOrigins: AllowedOrigins {
        get throws {
            if allowOrigin.contains("*") { return .any }
            return .only(
                Set(
                    try allowOrigin.map { text in
                        guard let origin = WebOrigin(text) else {
                            throw ValidationError(
                                "--allow-origin takes an origin, such as https://app.example.org or "
                                    + "http://localhost:3000, without a path, or *: received `\(text)`."
                            )
                        }
                        return origin
                    }))
        }
    }
}
