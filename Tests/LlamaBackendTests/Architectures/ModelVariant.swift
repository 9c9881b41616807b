import CLlama
import Foundation
import Synchronization

/// Copies of F32 model files with other weights, in a temporary folder: the relatives of a model that a
/// composite needs.
enum ModelVariant {
    private static let folder = FileManager.default.temporaryDirectory
        .appending(path: "eft-variants-\(ProcessInfo.processInfo.processIdentifier)")
    private static let making = Mutex(())

    /// A copy whose weights are each moved by up to 30 % of themselves; equal for equal numbers.
    static func path(of original: String, _ number: UInt64) throws -> String {
        try making.withLock { _ in
            let source = URL(filePath: original)
            let target = try temporary("\(number)-\(source.lastPathComponent)")
            if !FileManager.default.fileExists(atPath: target.path) {
                var file = try Data(contentsOf: source)
                move(&file, from: try weightsOffset(original), number)
                try file.write(to: target, options: .atomic)
            }
            return target.path
        }
    }

    /// A place in the temporary folder.
    static func temporary(_ name: String) throws -> URL {
        _ = removal
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appending(path: name)
    }

    /// Where the tensors begin, which must all be F32.
    private static func weightsOffset(_ path: String) throws -> Int {
        let parameters = gguf_init_params(no_alloc: true, ctx: nil)
        guard let header = gguf_init_from_file(path, parameters) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        defer { gguf_free(header) }
        for index in 0..<gguf_get_n_tensors(header)
        where gguf_get_tensor_type(header, index) != GGML_TYPE_F32 {
            throw CocoaError(.fileReadCorruptFile)
        }
        return Int(gguf_get_data_offset(header))
    }

    private static func move(_ file: inout Data, from offset: Int, _ number: UInt64) {
        var state = number
        file.withUnsafeMutableBytes { bytes in
            for place in stride(from: offset, to: bytes.count - 3, by: 4) {
                // Knuth's linear congruential generator: any noise will do.
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let noise = Float(state >> 40) / Float(1 << 23) - 1
                let weight = bytes.loadUnaligned(fromByteOffset: place, as: Float.self)
                bytes.storeBytes(
                    of: weight * (1 + 0.3 * noise), toByteOffset: place, as: Float.self)
            }
        }
    }

    /// Removes the copies when the tests are over.
    private static let removal: Void = {
        atexit { try? FileManager.default.removeItem(at: ModelVariant.folder) }
    }()
}
