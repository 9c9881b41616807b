import Foundation
import Hummingbird
import NIOCore
import Yams

/// The description of the API, Documentation/openapi.yaml, as JSON.
enum APIDocument {
    /// - Throws: never, as a test makes sure: the file is part of the program.
    static var response: Response {
        get throws {
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try json.get())))
        }
    }

    /// Converted when it is first asked for.
    private static let json = Result { () throws -> Data in
        let yaml = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
        var document = plain(try Yams.load(yaml: yaml) ?? [:]) as? [String: Any] ?? [:]
        // Where it came from, whatever the address.
        document["servers"] = [["url": "/"]]
        return try JSONSerialization.data(
            withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// A YAML value as JSON can hold it: keys are texts.
    private static func plain(_ value: Any) -> Any {
        switch value {
        case let mapping as [AnyHashable: Any]:
            Dictionary(
                mapping.map { ("\($0.key)", plain($0.value)) },
                uniquingKeysWith: { first, _ in first })
        case let list as [Any]: list.map(plain)
        default: value
        }
    }
}
