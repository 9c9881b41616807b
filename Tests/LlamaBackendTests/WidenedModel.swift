import CLlama
import Foundation
import LlamaBackend
import TestSupport

/// Copies of the demo family's files with their F16 numbers widened to F32: from an F16 file libllama's
/// CPU kernels round activations to F16 too, which no other implementation does.
enum WidenedModel {
    private static let folder = FileManager.default.temporaryDirectory
        .appending(path: "eft-widened-\(ProcessInfo.processInfo.processIdentifier)")

    /// A member of the demo family in F32.
    static func path(_ file: String) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let target = folder.appending(path: file).path
        guard !FileManager.default.fileExists(atPath: target) else { return target }
        _ = LlamaRuntime.devices  // starts the library, whose log would go to the terminal
        var parameters = llama_model_quantize_default_params()
        parameters.ftype = LLAMA_FTYPE_ALL_F32
        parameters.nthread = 1
        guard llama_model_quantize(RepositoryFiles.atlas(file), target, &parameters) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        return target
    }

    static func remove() { try? FileManager.default.removeItem(at: folder) }
}
