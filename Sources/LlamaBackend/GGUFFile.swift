import CLlama

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The header of a GGUF file: metadata and the list of tensors, without their numbers.
///
/// Everything is checked here that libllama would abort on or explain poorly.
///
/// - SeeAlso: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
final class GGUFFile {
    let path: String
    /// Bytes of the file; of a split model, of all its parts.
    private(set) var size: Int
    private let header: OpaquePointer

    /// Reads the header.
    ///
    /// - Throws: ``LlamaError``: the file is missing, empty, incomplete, or no GGUF file.
    /// - Complexity: O(metadata); the vocabulary is the largest part of it.
    init(path: String) throws(LlamaError) {
        LlamaRuntime.start()
        self.path = path
        size = try Self.checkedSize(path)
        let parameters = gguf_init_params(no_alloc: true, ctx: nil)
        let (header, lines) = LlamaLog.capturing { gguf_init_from_file(path, parameters) }
        guard let header else {
            throw .brokenHeader(path: path, reason: LlamaLog.reason(lines))
        }
        self.header = header
        let expected = endOfTensors
        if expected > size { throw .truncated(path: path, expected: expected, actual: size) }
    }

    deinit { gguf_free(header) }

    // MARK: Metadata

    var architecture: String { string("general.architecture") ?? "" }

    func string(_ key: String) -> String? {
        value(key, GGUF_TYPE_STRING) { String(cString: gguf_get_val_str(header, $0)) }
    }

    func bool(_ key: String) -> Bool? {
        value(key, GGUF_TYPE_BOOL) { gguf_get_val_bool(header, $0) }
    }

    func float(_ key: String) -> Float? {
        value(key, GGUF_TYPE_FLOAT32) { gguf_get_val_f32(header, $0) }
    }

    /// A whole number of any width.
    func integer(_ key: String) -> Int? {
        value(key, GGUF_TYPE_UINT32) { Int(gguf_get_val_u32(header, $0)) }
            ?? value(key, GGUF_TYPE_INT32) { Int(gguf_get_val_i32(header, $0)) }
            ?? value(key, GGUF_TYPE_UINT16) { Int(gguf_get_val_u16(header, $0)) }
            ?? value(key, GGUF_TYPE_UINT64) { Int(clamping: gguf_get_val_u64(header, $0)) }
            ?? value(key, GGUF_TYPE_INT64) { Int(gguf_get_val_i64(header, $0)) }
    }

    /// A list of 32-bit numbers, one per layer; a single number stands for all layers.
    func integers(_ key: String, count: Int) -> [Int]? {
        if let single = integer(key) { return Array(repeating: single, count: count) }
        return value(key, GGUF_TYPE_ARRAY) { index in
            let type = gguf_get_arr_type(header, index)
            guard type == GGUF_TYPE_UINT32 || type == GGUF_TYPE_INT32,
                let data = gguf_get_arr_data(header, index)
            else { return [] }
            return (0..<min(count, gguf_get_arr_n(header, index))).map {
                Int(data.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
            }
        }
    }

    /// Tokens in the vocabulary.
    var vocabularySize: Int {
        value("tokenizer.ggml.tokens", GGUF_TYPE_ARRAY) { gguf_get_arr_n(header, $0) }
            ?? integerOfArchitecture("vocab_size") ?? 0
    }

    /// A spelling that two tokens have, on which libllama ends the process.
    var repeatedToken: String? {
        value("tokenizer.ggml.tokens", GGUF_TYPE_ARRAY) { index -> String? in
            guard gguf_get_arr_type(header, index) == GGUF_TYPE_STRING else { return nil }
            // Bytes: strings that look alike in Unicode are equal to Swift, and not to libllama.
            var seen = Set<[UInt8]>()
            let count = gguf_get_arr_n(header, index)
            seen.reserveCapacity(count)
            for item in 0..<count {
                let text = gguf_get_arr_str(header, index, item).map { spelling in
                    Array(UnsafeRawBufferPointer(start: spelling, count: strlen(spelling)))
                }
                // Tokens without a spelling get one from libllama.
                if let text, !text.isEmpty, !seen.insert(text).inserted {
                    return String(decoding: text, as: UTF8.self)
                }
            }
            return nil
        } ?? nil
    }

    /// A number that belongs to the architecture, such as `llama.block_count`.
    func integerOfArchitecture(_ key: String) -> Int? { integer("\(architecture).\(key)") }

    /// The entry under `key`, if it has that type: libllama aborts when asked for another.
    private func value<Value>(
        _ key: String, _ type: gguf_type, _ read: (Int64) -> Value
    ) -> Value? {
        let index = gguf_find_key(header, key)
        guard index >= 0, gguf_get_kv_type(header, index) == type else { return nil }
        return read(index)
    }

    // MARK: Tensors

    func hasTensor(_ name: String) -> Bool { gguf_find_tensor(header, name) >= 0 }

    /// Numbers in all tensors of the file.
    var parameters: Int {
        (0..<gguf_get_n_tensors(header)).reduce(0) { sum, index in
            guard let shape = gguf_get_tensor_ne(header, index) else { return sum }
            return sum + (0..<Int(GGML_MAX_DIMS)).reduce(1) { $0 &* Int(shape[$1]) }
        }
    }

    /// Bytes of all tensors of the file, without padding.
    var tensorBytes: Int {
        (0..<gguf_get_n_tensors(header)).reduce(0) {
            $0 &+ Int(clamping: gguf_get_tensor_size(header, $1))
        }
    }

    /// The offset at which the last tensor ends, in bytes.
    private var endOfTensors: Int {
        let data = gguf_get_data_offset(header)
        return (0..<gguf_get_n_tensors(header)).reduce(0) { end, index in
            let offset = gguf_get_tensor_offset(header, index)
            let bytes = gguf_get_tensor_size(header, index)
            let (sum, overflow) = data.addingReportingOverflow(offset)
            let (total, overflow2) = sum.addingReportingOverflow(bytes)
            return overflow || overflow2 ? Int.max : max(end, total)
        }
    }

    // MARK: Files

    /// Refuses a later part of a split model.
    ///
    /// - Throws: ``LlamaError/notFirstPart(path:first:)``.
    func requireFirstPart() throws(LlamaError) {
        guard let number = integer("split.no"), number > 0 else { return }
        throw .notFirstPart(path: path, first: try partPath(0))
    }

    /// The later parts of a split model (`name-00001-of-00003.gguf`), each checked; empty if whole.
    func otherParts() throws(LlamaError) -> [GGUFFile] {
        let count = integer("split.count") ?? 1
        guard count > 1 else { return [] }
        var parts: [GGUFFile] = []
        for index in 1..<count { parts.append(try GGUFFile(path: try partPath(index))) }
        return parts
    }

    /// The path of another part of the model, counted from 0.
    private func partPath(_ index: Int) throws(LlamaError) -> String {
        let count = integer("split.count") ?? 1
        guard let dash = path.range(of: "-of-", from: path.endIndex),
            path[..<dash].suffix(5).allSatisfy(\.isNumber), path[..<dash].count >= 5,
            count < 100_000
        else {
            throw .brokenHeader(
                path: path, reason: "it is one of \(count) parts, but not named `…-00001-of-…`")
        }
        let digits = String(index + 1)
        return path[..<dash].dropLast(5) + String(repeating: "0", count: max(0, 5 - digits.count))
            + digits + path[dash...]
    }

    private static func checkedSize(_ path: String) throws(LlamaError) -> Int {
        var status = stat()
        guard !path.utf8.contains(0), stat(path, &status) == 0 else {
            let code = errno
            if path.utf8.contains(0) || code == ENOENT || code == ENOTDIR {
                throw .fileNotFound(path: path)
            }
            throw .unreadable(path: path, reason: String(cString: strerror(code)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_size > 0 else { throw .emptyFile(path: path) }
        guard let file = fopen(path, "rb") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var magic = [UInt8](repeating: 0, count: 4)
        let count = fread(&magic, 1, 4, file)
        guard magic == Array("GGUF".utf8) else {
            throw .notGGUF(path: path, start: printable(magic.prefix(count)))
        }
        return Int(status.st_size)
    }

    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : 0x2e }, as: UTF8.self)
    }
}

extension String {
    /// The start of the last occurrence of `text` before `end`.
    fileprivate func range(of text: String, from end: Index) -> Index? {
        var start = end
        while start > startIndex {
            start = index(before: start)
            if self[start...].hasPrefix(text) { return start }
        }
        return nil
    }
}
