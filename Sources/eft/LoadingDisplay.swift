import Dispatch
import Foundation
import Recipes
import Synchronization

/// How far the members' files have been read, as one line of a terminal that is written again and again.
///
/// It appears when loading has taken two seconds, and disappears when it is done. Nothing is shown if
/// loading is fast, or if standard error is not a terminal.
final class LoadingDisplay: Sendable {
    private struct State {
        var progress: LoadingProgress?
        var shown: String?
        var isDone = false
    }

    private static let patience = Duration.seconds(2)

    private let state = Mutex(State())
    private let start: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - now: the time.
    ///   - write: puts a text on the terminal.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        write: @escaping @Sendable (String) -> Void
    ) {
        (self.now, self.write) = (now, write)
        start = now()
    }

    /// Loads a recipe; shows how far it is where standard error is a terminal.
    static func loading(_ recipe: Recipe) async throws -> LoadedRecipe {
        guard isatty(STDERR_FILENO) == 1 else { return try await LoadedRecipe(recipe) }
        let display = LoadingDisplay { Console.writeError($0) }
        // libllama only calls when something was read, which can take long on a slow disk.
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + 2, repeating: 0.5)
        timer.setEventHandler { display.refresh() }
        timer.resume()
        defer {
            timer.cancel()
            display.finish()
        }
        return try await LoadedRecipe(recipe, progress: { display.update($0) })
    }

    func update(_ progress: LoadingProgress) {
        state.withLock { $0.progress = progress }
        refresh()
    }

    /// Writes the line, if it is time for one and it has changed.
    func refresh() {
        guard now() - start >= Self.patience else { return }
        state.withLock { state in
            guard !state.isDone, let progress = state.progress else { return }
            let line = Self.line(progress)
            guard line != state.shown else { return }
            state.shown = line
            write("\r\(line)\u{1b}[K")
        }
    }

    /// Takes the line away.
    func finish() {
        state.withLock { state in
            state.isDone = true
            if state.shown != nil { write("\r\u{1b}[K") }
            state.shown = nil
        }
    }

    private static func line(_ progress: LoadingProgress) -> String {
        let size = progress.bytes > 0 ? " (\(RecipeDescription.bytes(progress.bytes)))" : ""
        return "eft: loading `\(progress.member)`\(size): \(Int(progress.share * 100)) %"
    }
}
