import Foundation
import Hummingbird

extension Server {
    /// `GET /v1/models`.
    func models() -> Response { Response(json: ModelList(data: deployments.map(ModelCard.init))) }

    /// `GET /v1/models/ID`.
    func model(_ request: Request, _ context: ServerContext) throws -> Response {
        let name = context.parameters.get("id") ?? ""
        return Response(json: ModelCard(try deployment(name.removingPercentEncoding ?? name)))
    }
}
