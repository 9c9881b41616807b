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
    private static let linesKept = 64

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
        return (result, state.withLock { $0.captured[thread] ?? [] })
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

    /// The part of captured lines that tells a person why.
    static func reason(_ lines: [String]) -> String {
        var reasons: [String] = []
        for line in lines {
            var text = Substring(line)
            // `llama_model_load: error loading model: …`: the names of C functions help nobody.
            while let colon = text.firstIndex(of: ":"),
                text[..<colon].contains("_") || text[..<colon] == "error loading model",
                !text[..<colon].contains("'"),
                !text[..<colon].contains(" ")
                    || text[..<colon] == "error loading model"
            {
                text = text[text.index(after: colon)...].drop { $0 == " " }
            }
            if !text.isEmpty, text != "failed to load model", !reasons.contains(String(text)) {
                reasons.append(String(text))
            }
        }
        return reasons.isEmpty ? "no reason given" : reasons.prefix(3).joined(separator: "; ")
    }

    private static func receive(_ level: ggml_log_level, _ text: UnsafePointer<CChar>?) {
        guard let text else { return }
        let thread = currentThread()
        state.withLock { state in
            if state.echo { _ = write(STDERR_FILENO, text, strlen(text)) }
            var (current, line) = state.partial[thread] ?? (level, "")
            if level != GGML_LOG_LEVEL_CONT { current = level }
            line += String(cString: text)
            guard line.hasSuffix("\n") else {
                state.partial[thread] = (current, line)
                return
            }
            state.partial[thread] = nil
            state.recorded[thread]?.append(String(line.dropLast()))
            guard current == GGML_LOG_LEVEL_ERROR || current == GGML_LOG_LEVEL_WARN else { return }
            if let count = state.captured[thread]?.count, count < linesKept {
                state.captured[thread]?.append(String(line.dropLast()))
            }
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
