import CLlama
import Foundation
import LlamaBackend
import Synchronization
import TestSupport

/// Copies of the demo family's files in other number formats, made by libllama in a temporary folder.
enum ConvertedModel {
    /// The numbers of a copy.
    enum Numbers: String, CaseIterable {
        /// F16 widened: from an F16 file libllama's CPU kernels round activations to F16 too, which no
        /// other implementation does.
        case f32
        case q8 = "q8_0"

        var type: llama_ftype {
            switch self {
            case .f32: LLAMA_FTYPE_ALL_F32
            case .q8: LLAMA_FTYPE_MOSTLY_Q8_0
            }
        }
    }

    private static let folder = FileManager.default.temporaryDirectory
        .appending(path: "eft-converted-\(ProcessInfo.processInfo.processIdentifier)")
    private static let converting = Mutex(())

    /// A member of the demo family, such as `small-base.gguf`, in other numbers.
    static func path(_ file: String, _ numbers: Numbers) throws -> String {
        try converting.withLock { _ in
            _ = removal
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let target = folder.appending(path: "\(numbers.rawValue)-\(file)").path
            guard !FileManager.default.fileExists(atPath: target) else { return target }
            _ = LlamaRuntime.devices  // starts the library, whose log would go to the terminal
            var parameters = llama_model_quantize_default_params()
            parameters.ftype = numbers.type
            parameters.nthread = 1
            guard llama_model_quantize(RepositoryFiles.atlas(file), target, &parameters) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
            return target
        }
    }

    /// Removes the copies when the tests are over.
    private static let removal: Void = {
        atexit { try? FileManager.default.removeItem(at: ConvertedModel.folder) }
    }()
}
