import Foundation

/// Files that commands write.
enum OutputFile {
    /// Writes a whole file or nothing. Links are followed. Something that is not a regular file (a device,
    /// a pipe) is written to, not replaced.
    static func write(_ data: Data, to path: String) throws(InputError) {
        let url = URL(filePath: path).resolvingSymlinksInPath()
        do {
            let kind = try? FileManager.default.attributesOfItem(atPath: url.path)[.type]
            if let kind = kind as? FileAttributeType, kind != .typeRegular {
                let file = try FileHandle(forWritingTo: url)
                defer { try? file.close() }
                try file.write(contentsOf: data)
            } else {
                try data.write(to: url, options: .atomic)
            }
        } catch {
            throw InputError(
                "The output file \(path) cannot be written. "
                    + "Check the folder and its permissions.")
        }
    }
}
