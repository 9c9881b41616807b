import CLlama
import Foundation
import Synchronization
import TestSupport
import Testing

/// The vocabularies of real models that llama.cpp's source carries as files without weights, and tiny
/// models that have them.
///
/// `Scripts/setup-llama` keeps the files where it builds llama.cpp; a system's llama.cpp has none.
enum RealVocabulary {
    static let folder = URL(filePath: RepositoryFiles.path(".llama/vocabularies"))
    static let areThere = FileManager.default.fileExists(atPath: folder.path)

    private static let making = Mutex(())

    /// A copy of a model of Tests/Fixtures/architectures that has a real vocabulary in place of its own:
    /// the same layers, between embeddings that repeat the model's as `repeated` in
    /// make_architectures.py does.
    ///
    /// - Parameters:
    ///   - variant: what to call a file with other tokens.
    ///   - renaming: other names and GGUF token types for some tokens, by id.
    static func path(
        of model: String, with vocabulary: String, variant: String = "",
        renaming: [Int: (name: String, type: Int32)] = [:]
    ) throws -> String {
        try making.withLock { _ in
            let target = try ModelVariant.temporary("\(model)-\(vocabulary)\(variant).gguf")
            if !FileManager.default.fileExists(atPath: target.path) {
                let source = RepositoryFiles.path("Tests/Fixtures/architectures/\(model).gguf")
                let named = folder.appending(path: "\(vocabulary).gguf").path
                try write(
                    try ModelFile(source), with: try ModelFile(named), renaming, to: target.path)
            }
            return target.path
        }
    }

    private static func write(
        _ model: ModelFile, with vocabulary: ModelFile,
        _ renaming: [Int: (name: String, type: Int32)], to path: String
    ) throws {
        let made = try #require(gguf_init_empty())
        defer { gguf_free(made) }
        vocabulary.remove { !$0.hasPrefix("tokenizer.") }
        // The oldest of the files does not say how texts are cut.
        let cut = "tokenizer.ggml.pre"
        let saysHow = vocabulary.keys.contains(cut)
        model.remove { $0.hasPrefix("tokenizer.") && (saysHow || $0 != cut) }
        gguf_set_kv(made, vocabulary.header)
        gguf_set_kv(made, model.header)
        if !renaming.isEmpty { rename(renaming, in: made) }
        let count = Int(gguf_get_arr_n(made, gguf_find_key(made, "tokenizer.ggml.tokens")))
        for key in model.keys where key.hasSuffix(".vocab_size") {
            gguf_set_val_u32(made, key, UInt32(count))
        }
        let size = ggml_init_params(
            mem_size: 2 * (count * 64 * 4 + 1024), mem_buffer: nil, no_alloc: false)
        let embeddings = try #require(ggml_init(size))
        defer { ggml_free(embeddings) }
        for tensor in model.tensors {
            let isEmbedding = ["token_embd.weight", "output.weight"].contains(
                String(cString: ggml_get_name(tensor)))
            gguf_add_tensor(made, isEmbedding ? repeated(tensor, count, in: embeddings) : tensor)
        }
        try #require(gguf_write_to_file(made, path, false))
    }

    private static func rename(
        _ renaming: [Int: (name: String, type: Int32)], in header: OpaquePointer
    ) {
        let names = "tokenizer.ggml.tokens"
        let place = gguf_find_key(header, names)
        var texts = (0..<gguf_get_arr_n(header, place)).map {
            gguf_get_arr_str(header, place, $0).map { strdup($0) }
        }
        defer { for text in texts { free(text ?? nil) } }
        let types = "tokenizer.ggml.token_type"
        var kinds: [Int32] = []
        if let data = gguf_get_arr_data(header, gguf_find_key(header, types)) {
            kinds = texts.indices.map { data.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        for (id, token) in renaming {
            free(texts[id] ?? nil)
            texts[id] = strdup(token.name)
            kinds[id] = token.type
        }
        var pointers = texts.map { UnsafePointer($0 ?? nil) }
        gguf_set_arr_str(header, names, &pointers, pointers.count)
        gguf_set_arr_data(header, types, GGUF_TYPE_INT32, kinds, kinds.count)
    }

    /// So many rows: the given ones again and again, each time a little longer.
    private static func repeated(
        _ rows: UnsafeMutablePointer<ggml_tensor>, _ count: Int, in context: OpaquePointer
    ) -> UnsafeMutablePointer<ggml_tensor>? {
        let (width, given) = (Int(rows.pointee.ne.0), Int(rows.pointee.ne.1))
        guard let made = ggml_new_tensor_2d(context, GGML_TYPE_F32, Int64(width), Int64(count)),
            let source = ggml_get_data_f32(rows), let target = ggml_get_data_f32(made)
        else { return nil }
        ggml_set_name(made, ggml_get_name(rows))
        for row in 0..<count {
            let length = 1 + Float(row / given) / 1024
            for column in 0..<width {
                target[row * width + column] = source[row % given * width + column] * length
            }
        }
        return made
    }
}

/// A GGUF file in memory.
private final class ModelFile {
    let header: OpaquePointer
    private var contents: OpaquePointer?

    init(_ path: String) throws {
        var contents: OpaquePointer?
        header = try withUnsafeMutablePointer(to: &contents) {
            try #require(
                gguf_init_from_file(path, gguf_init_params(no_alloc: false, ctx: $0)), "\(path)")
        }
        self.contents = contents
    }

    deinit {
        gguf_free(header)
        ggml_free(contents)
    }

    var keys: [String] {
        (0..<gguf_get_n_kv(header)).map { String(cString: gguf_get_key(header, $0)) }
    }

    func remove(where isUnwanted: (String) -> Bool) {
        for key in keys where isUnwanted(key) { gguf_remove_key(header, key) }
    }

    var tensors: [UnsafeMutablePointer<ggml_tensor>] {
        (0..<gguf_get_n_tensors(header)).compactMap {
            ggml_get_tensor(contents, gguf_get_tensor_name(header, $0))
        }
    }
}
