import CLlama
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What libllama says about its own work: kept, so that an error can quote the reason.
///
/// libllama has one log for the whole process and writes it from the thread that called, so lines are
/// sorted by thread.
enum LlamaLog {
    private struct State {
        var echo = false
        /// Lines not yet ended by a newline.
        var partial: [UInt: (level: ggml_log_level, text: String)] = [:]
        /// Warnings and errors, while someone is listening.
        var captured: [UInt: [String]] = [:]
        /// All lines, where they are recorded.
        var recorded: [UInt: [String]] = [:]
    }

    private static let state = Mutex(State())

    /// Lines kept for one call; a broken file can produce one for every tensor.
    private static let linesKept = 1024

    static func install() {
        llama_log_set({ level, text, _ in LlamaLog.receive(level, text) }, nil)
    }

    static func echo(_ on: Bool) {
        state.withLock { $0.echo = on }
    }

    /// Runs `body` and returns the warnings and errors that it made libllama say, oldest first.
    static func capturing<Result>(
        _ body: () throws -> Result
    ) rethrows -> (result: Result, lines: [String]) {
        let thread = currentThread()
        state.withLock { $0.captured[thread] = [] }
        defer { state.withLock { $0.captured[thread] = nil } }
        let result = try body()
        return (
            result,
            state.withLock { state in
                // A last line without an end.
                if let (level, text) = state.partial.removeValue(forKey: thread) {
                    keep(text, level, of: thread, &state)
                }
                return state.captured[thread] ?? []
            }
        )
    }

    /// Runs `body` and returns every line that it made libllama say, reports of sizes among them.
    static func recording<Result>(
        _ body: () throws -> Result
    ) rethrows -> (result: Result, lines: [String]) {
        let thread = currentThread()
        state.withLock { $0.recorded[thread] = [] }
        defer { state.withLock { $0.recorded[thread] = nil } }
        let result = try body()
        return (result, state.withLock { $0.recorded[thread] ?? [] })
    }

    /// The part of captured lines that tells the user why.
    static func reason(_ lines: [String]) -> String {
        var reasons: [String] = []
        for line in lines {
            let text = withoutFunction(line)
            if !text.isEmpty, text != "failed to load model", !reasons.contains(text) {
                reasons.append(text)
            }
        }
        return reasons.isEmpty ? "no reason given" : reasons.prefix(3).joined(separator: "; ")
    }

    /// A line without the prefix of its message, `llama_model_load: error loading model: …`. The names
    /// of C functions do not help the user.
    static func withoutFunction(_ line: String) -> String {
        var text = Substring(line)
        while let colon = text.firstIndex(of: ":"),
            text[..<colon].contains("_")
                || ["error loading model", "load"].contains(text[..<colon]),
            !text[..<colon].contains("'"),
            !text[..<colon].contains(" ") || text[..<colon] == "error loading model"
        {
            text = text[text.index(after: colon)...].drop { $0 == " " }
        }
        return String(text)
    }

    /// Keeps a line if someone is listening.
    private static func keep(
        _ line: String, _ level: ggml_log_level, of thread: UInt, _ state: inout State
    ) {
        state.recorded[thread]?.append(line)
        guard level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN else { return }
        if let count = state.captured[thread]?.count, count < linesKept {
            state.captured[thread]?.append(line)
        }
    }

    private static func receive(_ level: ggml_log_level, _ text: UnsafePointer<CChar>?) {
        guard let text else { return }
        let thread = currentThread()
        state.withLock { state in
            if state.echo { _ = write(STDERR_FILENO, text, strlen(text)) }
            // Some warnings have no line break at their end: the next message is another one.
            if level != GGML_LOG_LEVEL_CONT, let (before, text) = state.partial[thread],
                before == GGML_LOG_LEVEL_WARN || before == GGML_LOG_LEVEL_ERROR
            {
                state.partial[thread] = nil
                keep(text, before, of: thread, &state)
            }
            var (current, line) = state.partial[thread] ?? (level, "")
            if level != GGML_LOG_LEVEL_CONT { current = level }
            line += String(cString: text)
            guard line.hasSuffix("\n") else {
                state.partial[thread] = (current, line)
                return
            }
            state.partial[thread] = nil
            keep(String(line.dropLast()), current, of: thread, &state)
        }
    }

    private static func currentThread() -> UInt {
        #if canImport(Glibc)
            UInt(pthread_self())
        #else
            UInt(bitPattern: pthread_self())
        #endif
    }
}
