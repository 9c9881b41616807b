import ArgumentParser
import Foundation

/// Standard output and error. Output is written at once, so that a reply can be watched.
enum Console {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let isInputTerminal = isatty(STDIN_FILENO) == 1

    static func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            // EPIPE: the reader has gone, so say nothing. Otherwise the disk may be full.
            if errno != EPIPE { note("the output cannot be written") }
            exit(1)
        }
    }

    static func writeLine(_ text: String = "") { write(text + "\n") }

    /// A message for the user, not for the next program: notes and progress.
    static func note(_ text: String) { writeError("eft: \(text)\n") }

    /// A text as it is, to standard error.
    static func writeError(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Refuses arguments that are not UTF-8: Swift would replace their bytes in silence.
    static func requireUTF8Arguments() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            guard String(validatingCString: argument) != nil else {
                throw InputError(
                    "Arguments must be UTF-8 text: argument \(index) is not. "
                        + "Convert it, or pass the prompt in a file.")
            }
        }
    }
}

/// Input from a person or a file that cannot be used: rule, received, remedy.
struct InputError: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Double {
    /// A number for tables: fixed decimals, aligned on the point.
    func fixed(_ decimals: Int) -> String {
        isFinite ? String(format: "%.\(decimals)f", self) : (self < 0 ? "-inf" : "inf")
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
