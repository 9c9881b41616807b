import CLlama
import EmulatedFineTuning

extension Vocabulary {
    /// The vocabulary of a loaded model.
    ///
    /// A token's bytes are exactly what libllama adds to a text for it: byte tokens are one byte, and
    /// the letters that byte-level tokenizers put in place of bytes are undone.
    ///
    /// - Throws: ``LlamaError/noTokenizer(path:reason:)``.
    /// - Complexity: O(vocabulary).
    convenience init(
        llama vocabulary: OpaquePointer?, path: String, preTokenizer: String?
    ) throws(LlamaError) {
        guard let vocabulary, let type = Self.typeName(llama_vocab_type(vocabulary)) else {
            throw .noTokenizer(path: path, reason: "carries none that libllama knows")
        }
        let ids = 0..<llama_vocab_n_tokens(vocabulary)
        if type == "SPM" { try Self.requireBytes(vocabulary, ids, path: path) }
        var buffer = [CChar](repeating: 0, count: 256)
        let tokens = ids.map { id in
            let attributes = llama_vocab_get_attr(vocabulary, id).rawValue
            return Token(
                bytes: Self.piece(of: id, in: vocabulary, buffer: &buffer),
                kind: Self.kind(attributes))
        }
        self.init(
            type: type, tokens: tokens,
            beginning: llama_vocab_get_add_bos(vocabulary)
                ? Self.token(llama_vocab_bos(vocabulary)) : nil,
            endOfText: Self.token(llama_vocab_eos(vocabulary)),
            endsOfGeneration: ids.filter { llama_vocab_is_eog(vocabulary, $0) }.map(Int.init),
            preTokenizer: type == "BPE" ? preTokenizer : nil)
    }

    /// Special tokens that a vocabulary lacks are −1.
    private static func token(_ id: llama_token) -> TokenID? { id < 0 ? nil : Int(id) }

    private static func piece(
        of id: llama_token, in vocabulary: OpaquePointer, buffer: inout [CChar]
    ) -> [UInt8] {
        var count = llama_token_to_piece(
            vocabulary, id, &buffer, Int32(buffer.count), 0, true)
        if count < 0 {
            buffer = [CChar](repeating: 0, count: Int(-count))
            count = llama_token_to_piece(vocabulary, id, &buffer, Int32(buffer.count), 0, true)
        }
        return buffer.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:))
    }

    private static func kind(_ attributes: UInt32) -> Kind {
        func has(_ attribute: llama_token_attr) -> Bool { attributes & attribute.rawValue != 0 }
        if has(LLAMA_TOKEN_ATTR_UNKNOWN) { return .unknown }
        if has(LLAMA_TOKEN_ATTR_UNUSED) { return .unused }
        if has(LLAMA_TOKEN_ATTR_CONTROL) { return .control }
        if has(LLAMA_TOKEN_ATTR_BYTE) { return .byte }
        if has(LLAMA_TOKEN_ATTR_USER_DEFINED) { return .userDefined }
        return .normal
    }

    private static func typeName(_ type: llama_vocab_type) -> String? {
        switch type {
        case LLAMA_VOCAB_TYPE_SPM: "SPM"
        case LLAMA_VOCAB_TYPE_BPE: "BPE"
        case LLAMA_VOCAB_TYPE_WPM: "WPM"
        case LLAMA_VOCAB_TYPE_UGM: "UGM"
        case LLAMA_VOCAB_TYPE_RWKV: "RWKV"
        case LLAMA_VOCAB_TYPE_PLAMO2: "PLAMO2"
        default: nil
        }
    }

    /// A SentencePiece vocabulary without a token for every byte makes libllama abort on the first
    /// text that it cannot spell.
    private static func requireBytes(
        _ vocabulary: OpaquePointer, _ ids: Range<llama_token>, path: String
    ) throws(LlamaError) {
        var missing = Set(0..<256)
        for id in ids {
            guard let text = llama_vocab_get_text(vocabulary, id) else { continue }
            let spelling = String(cString: text)
            if spelling.utf8.count == 1, let byte = spelling.utf8.first {
                missing.remove(Int(byte))
            } else if spelling.hasPrefix("<0x"), spelling.hasSuffix(">"),
                spelling.utf8.count == 6,
                let byte = Int(spelling.dropFirst(3).dropLast(), radix: 16)
            {
                missing.remove(byte)
            }
        }
        // No UTF-8 text holds these bytes.
        missing.subtract([0xc0, 0xc1])
        missing.subtract(0xf5...0xff)
        if let byte = missing.min() {
            throw .noTokenizer(
                path: path, reason: "carries one without a token for byte \(byte)")
        }
    }
}
