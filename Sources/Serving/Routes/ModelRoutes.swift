import Foundation
import Hummingbird

extension Server {
    /// `GET /v1/models`.
    func models() -> Response {
        Response(
            json: ModelList(
                data: deployments.flatMap { deployment in
                    deployment.names.map { ModelCard(deployment, as: $0) }
                }))
    }

    /// `GET /v1/models/ID`.
    func model(_ request: Request, _ context: ServerContext) throws -> Response {
        let name = context.parameters.get("id") ?? ""
        let id = name.removingPercentEncoding ?? name
        guard let deployment = deployments.first(where: { $0.names.contains(id) }) else {
            throw missing(id)
        }
        return Response(json: ModelCard(deployment, as: id))
    }
}
