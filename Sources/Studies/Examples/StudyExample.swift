import Foundation

/// A family of public models, and the study of the paper on it, ready to be written to a folder.
public enum StudyExample: String, Sendable, CaseIterable {
    case llama2 = "llama-2"
    case llama3 = "llama-3"
    case falcon
    case qwen
    case qwenCoder = "qwen-coder"

    /// What the four models are called on Hugging Face.
    struct Models {
        var family: String
        var largeBase: String
        var smallBase: String
        var largeTuned: String
        var smallTuned: String
    }

    /// Nil: the example brings its adapters, and its models are fetched by a script.
    var models: Models? {
        switch self {
        case .qwenCoder: nil
        case .llama2:
            Models(
                family: "Llama-2 70B and 7B", largeBase: "meta-llama/Llama-2-70b-hf",
                smallBase: "meta-llama/Llama-2-7b-hf",
                largeTuned: "meta-llama/Llama-2-70b-chat-hf",
                smallTuned: "meta-llama/Llama-2-7b-chat-hf")
        case .llama3:
            Models(
                family: "Llama-3.1 70B and 8B", largeBase: "meta-llama/Llama-3.1-70B",
                smallBase: "meta-llama/Llama-3.1-8B",
                largeTuned: "meta-llama/Llama-3.1-70B-Instruct",
                smallTuned: "meta-llama/Llama-3.1-8B-Instruct")
        case .falcon:
            Models(
                family: "Falcon 40B and 7B", largeBase: "tiiuae/falcon-40b",
                smallBase: "tiiuae/falcon-7b", largeTuned: "tiiuae/falcon-40b-instruct",
                smallTuned: "tiiuae/falcon-7b-instruct")
        case .qwen:
            Models(
                family: "Qwen2.5 14B and 3B", largeBase: "Qwen/Qwen2.5-14B",
                smallBase: "Qwen/Qwen2.5-3B", largeTuned: "Qwen/Qwen2.5-14B-Instruct",
                smallTuned: "Qwen/Qwen2.5-3B-Instruct")
        }
    }

    /// Writes the study, its recipes and a script that fetches what it needs; no file is replaced.
    ///
    /// - Returns: the paths.
    /// - Throws: ``StudyError``.
    public func write(to folder: String) throws -> [String] {
        var paths: [String] = []
        let files = try models.map(files) ?? CarriedStudy.qwenCoder.files()
        func path(_ file: File) -> String {
            (folder as NSString).appendingPathComponent(file.name)
        }
        // Before anything is written.
        if let old = files.lazy.map(path).first(where: FileManager.default.fileExists) {
            throw StudyError.cannotWrite(path: old, reason: "the file exists already")
        }
        for file in files {
            let path = path(file)
            do {
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent,
                    withIntermediateDirectories: true)
            } catch {
                throw StudyError.cannotWrite(path: folder, reason: "the folder cannot be created")
            }
            do {
                try file.content.write(to: URL(filePath: path), options: .withoutOverwriting)
                if file.isProgram {
                    try FileManager.default.setAttributes(
                        [.posixPermissions: 0o755], ofItemAtPath: path)
                }
            } catch {
                throw StudyError.cannotWrite(path: path, reason: "it cannot be written")
            }
            paths.append(path)
        }
        return paths
    }

    /// A file of an example.
    struct File {
        var name: String
        var content: Data
        var isProgram = false
    }

    private func files(_ models: Models) -> [File] {
        let up = recipe("up", "large + chat - small", models)
        let down = recipe("down", "small + chat - large", models, chat: models.largeTuned)
        let amplified = recipe(
            "amplified", "chat + beta * (large - small)", models,
            parameters: "parameters:\n  beta: { default: 1, range: [0, 3] }\n")
        let study = Self.filled(
            PackageResources.example_study_yaml,
            [
                "name": rawValue, "family": models.family, "large_base": models.largeBase,
                "small_base": models.smallBase, "large_tuned": models.largeTuned,
                "small_tuned": models.smallTuned,
            ])
        return [
            File(name: "study.yaml", content: study), File(name: "up.yaml", content: up),
            File(name: "down.yaml", content: down),
            File(name: "amplified.yaml", content: amplified),
            File(name: "prompts.py", content: Data(PackageResources.example_prompts_py)),
        ]
    }

    private func recipe(
        _ name: String, _ formula: String, _ models: Models, chat: String? = nil,
        parameters: String = ""
    ) -> Data {
        func file(_ model: String) -> String { (model as NSString).lastPathComponent }
        return Self.filled(
            PackageResources.example_recipe_yaml,
            [
                "name": "\(rawValue)-\(name)", "first": "large",
                "first_file": file(models.largeBase),
                "second": "small", "second_file": file(models.smallBase),
                "chat_file": file(chat ?? models.smallTuned), "formula": formula,
                "parameters": parameters,
            ])
    }

    private static func filled(_ template: [UInt8], _ values: [String: String]) -> Data {
        let text = String(decoding: template, as: UTF8.self).replacing(/\{(\w+)\}/) { match in
            values[String(match.output.1)] ?? String(match.output.0)
        }
        return Data(text.utf8)
    }
}
