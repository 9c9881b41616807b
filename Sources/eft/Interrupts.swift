import Dispatch
import Foundation
import Synchronization

/// Ctrl-C as a request to stop the current reply, not the program.
final class Interrupts: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)
    // Not touched after `init`; kept so that it stays active.
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    /// Takes Ctrl-C over for the rest of the process.
    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [self] in action.withLock { $0 }?() }
        source.activate()
    }

    /// Runs `body`; Ctrl-C meanwhile calls `handler`.
    func during<Result>(
        _ handler: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        action.withLock { $0 = handler }
        defer { action.withLock { $0 = nil } }
        return try await body()
    }
}
