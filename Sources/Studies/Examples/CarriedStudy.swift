import Foundation
import Recipes

/// A study whose files come with the program: adapters and data are too much to be part of it.
struct CarriedStudy {
    /// Its folder in a checkout, and its name where the program was installed.
    var folder: String
    /// The models that its script fetches: rows of the table of models.
    var models: [String]

    static let qwenCoder = CarriedStudy(
        folder: "Studies/qwen-coder", models: ["qwen-0.5b", "qwen-1.5b", "smollm2-135m"])

    /// The files as they are in a folder of the user's, where models lie in `models/`.
    ///
    /// - Throws: ``StudyError/unreadable(path:reason:)``.
    func files() throws -> [StudyExample.File] {
        let name = (folder as NSString).lastPathComponent
        let own = try found(folder, name)
        let fetch = try found("Scripts/fetch-models", "\(name)/fetch-models")
        let table = try found("Tests/models/models.json", "\(name)/models.json")
        var files: [StudyExample.File] = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: own).sorted() {
            let isRecipe = path.hasSuffix(".yaml") && !path.contains("/")
            let isData =
                path.hasPrefix("data/") && !path.hasPrefix("data/train")
                && !path.hasPrefix("data/held")
            let isAdapter = path.hasPrefix("adapters/")
            guard isRecipe || isData || isAdapter || path == "CARDS.md" else { continue }
            let content = try Self.read("\(own)/\(path)")
            files.append(.init(name: path, content: isRecipe ? Self.moved(content) : content))
        }
        files.append(.init(name: "fetch-models", content: try Self.read(fetch), isProgram: true))
        files.append(.init(name: "models.json", content: try Self.read(table)))
        files.append(.init(name: "fetch", content: Data(script.utf8), isProgram: true))
        files.append(.init(name: "README.md", content: Data(Self.readme.utf8)))
        return files
    }

    /// Fetches the models; what is there is not fetched again.
    private var script: String {
        """
        #!/bin/sh
        # Fetches the published models of this study into models/ (1.7 GB), and checks them by SHA-256.
        # What is there is not fetched again. Then: eft study study.yaml
        cd "$(dirname "$0")" && exec ./fetch-models --table models.json --into models \(models.joined(separator: " "))

        """
    }

    private static let readme = """
        # A study to run

            ./fetch                              # the published models, into models/ (1.7 GB)
            eft study study.yaml --questions 20  # a quick look, into study-20/
            eft study study.yaml                 # all questions, into study/: hours on two cores
            eft study foreign.yaml               # a tuned SmolLM2 under a base of the other family, into foreign/

        A run that was stopped goes on where it was. `fetch` needs python3 with venv. The study runs code that the models
        write: that needs python3 and bubblewrap (Debian: `apt-get install python3 bubblewrap`). CARDS.md tells of the
        adapters, data/README.md of the questions and their licences. How the adapters were trained is in eft's repository,
        in Studies/qwen-coder.

        """

    /// A recipe or study with the published files: those of the checkout are rewritten as Q8_0.
    private static func moved(_ content: Data) -> Data {
        var text = String(decoding: content, as: UTF8.self)
        // The first line of the study names a command of the checkout.
        if text.hasPrefix("#") { text = String(text.drop { $0 != "\n" }.dropFirst()) }
        return Data(
            text.replacing("../../.models/", with: "models/").replacing("-Q8_0.gguf", with: ".gguf")
                .utf8)
    }

    private func found(_ inCheckout: String, _ installed: String) throws -> String {
        guard let path = ProgramFiles.find(inCheckout: inCheckout, installed: installed) else {
            throw StudyError.unreadable(
                path: inCheckout,
                reason:
                    "the files of this example are in a checkout of eft, and in share/eft beside an installed one"
            )
        }
        return path
    }

    private static func read(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw StudyError.unreadable(path: path, reason: "it cannot be read")
        }
        return data
    }
}
