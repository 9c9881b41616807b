import JSONValues

extension JSON {
    /// Refuses an object of a `type` that is not read here, before its other fields are looked at.
    ///
    /// - Parameters:
    ///   - types: those that are read.
    ///   - place: the object's place in the body.
    ///   - isOptional: whether the object may be without a type.
    /// - Returns: the type, if the object has one.
    @discardableResult
    func requireType(
        _ types: [String], at place: String, isOptional: Bool = false
    ) throws(APIError) -> String? {
        guard case .object(let entries) = self else { return nil }
        let type = entries.first { $0.key == "type" }?.value ?? .null
        if case .text(let name) = type, types.contains(name) { return name }
        if isOptional, type == .null { return nil }
        let received = if case .text(let name) = type { "`\(name.prefix(100))`" } else { type.kind }
        throw .invalid(
            "\(place).type",
            "`\(place).type` must be \(types.map { "`\($0)`" }.joined(separator: " or ")): "
                + "received \(received). Nothing else is supported by this server.",
            code: "unsupported_parameter")
    }
}
