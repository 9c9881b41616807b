/// The time for some work is up.
package struct DeadlineExceeded: Error {
    package init() {}
}

/// Does some work that is cancelled when its time is up: a request, with the body of its answer.
///
/// - Throws: ``DeadlineExceeded``, or what the work throws.
package func before<Value: Sendable>(
    _ end: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(until: end, clock: .continuous)
            throw DeadlineExceeded()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
