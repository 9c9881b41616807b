public import Foundation

/// Files of this repository, wherever it is checked out.
public enum RepositoryFiles {
    /// The folder that holds Package.swift.
    public static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The path of a file, given from the root: `Tests/Fixtures/llama/tiny.gguf`.
    public static func path(_ relative: String) -> String {
        root.appending(path: relative).path(percentEncoded: false)
    }

    /// A member of the demo family, such as `small-base.gguf`.
    public static func atlas(_ name: String) -> String { path("Atlas/weights/\(name)") }
}
