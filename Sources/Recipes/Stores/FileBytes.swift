import Foundation

/// Small files of others, read with a limit.
enum FileBytes {
    enum Failure: Error {
        case missing
        case unreadable(String)
        case tooLarge(Int)
        case broken(String)
    }

    /// A file's bytes.
    static func read(_ path: String, upTo limit: Int) throws(Failure) -> Data {
        // A NUL would cut the path short.
        guard !path.utf8.contains(0) else { throw .missing }
        guard let size = size(path) else {
            switch errno {
            case ENOENT, ENOTDIR, ENAMETOOLONG: throw .missing
            default: throw .unreadable(String(cString: strerror(errno)))
            }
        }
        guard size <= limit else { throw .tooLarge(size) }
        guard !ModelFolder.isFolder(path) else { throw .broken("it is a folder") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable("it cannot be opened")
        }
        return data
    }

    /// Bytes of a file, links followed; nil and `errno` when there is none.
    static func size(_ path: String) -> Int? { status(path).map { Int($0.st_size) } }

    static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension [String: String] {
    /// `HOME`, or what the system says.
    var homeFolder: String {
        self["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    }
}

extension StringProtocol {
    /// Whether this can be one part of a path, and stays where it is.
    var isPathComponent: Bool {
        !isEmpty && utf8.count <= 255 && self != "." && self != ".." && !contains("/")
            && !utf8.contains(0)
    }

    /// A word of a shell's command.
    var shellWord: String {
        let isPlain = allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=+@,".contains($0))
        }
        return isPlain && !isEmpty
            ? String(self) : "'\(String(self).replacing("'", with: "'\\''"))'"
    }
}
